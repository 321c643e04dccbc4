#include "lsmkit/manifest/manifest.h"

#include <cerrno>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_replay.h"

namespace lsmkit {
namespace {

constexpr std::string_view kName = "MANIFEST";
constexpr std::string_view kTemporaryName = "MANIFEST.tmp";
constexpr uint64_t kRewriteFactor = 4;            // rewritten when it has grown this much
constexpr uint64_t kLeastRewriteBytes = 1 << 20;  // but not before it has this size

}  // namespace

Manifest::Manifest(FileSystem& files, std::string dir, uint64_t database_id, LogNumber number)
    : files_(files), dir_(std::move(dir)), database_id_(database_id), number_(number) {}

std::unique_ptr<Manifest> Manifest::create(FileSystem& files, const std::string& dir,
                                           uint64_t database_id, LogNumber number,
                                           const ManifestState& state) {
  std::unique_ptr<Manifest> manifest(new Manifest(files, dir, database_id, number));
  manifest->put_in_place(manifest->write_beside(state));
  return manifest;
}

// A new MANIFEST under its temporary name, synced. A throw leaves nothing behind.
std::unique_ptr<LogWriter> Manifest::write_beside(const ManifestState& state) {
  const std::string temporary = join_path(dir_, kTemporaryName);
  if (files_.exists(temporary)) files_.remove(temporary);
  std::string bytes;
  encode(whole_edit(state), bytes);
  const std::string_view piece = bytes;
  try {
    auto writer = LogWriter::create(
        files_, temporary, {database_id_, number_, LogNumber{}, LogKind::kManifest}, bytes.size());
    writer->allocate(bytes.size());
    writer->append({&piece, 1}, {});
    // Against a power loss that keeps the rename but not the contents.
    writer->sync();
    return writer;
  } catch (...) {
    try {
      files_.remove(temporary);
    } catch (const IoError&) {
      // The next one removes it.
    }
    throw;
  }
}

void Manifest::put_in_place(std::unique_ptr<LogWriter> writer) {
  files_.rename(join_path(dir_, kTemporaryName), join_path(dir_, kName));
  // Against a power loss that undoes the rename after files that only the old MANIFEST names are
  // gone.
  files_.sync_dir(dir_);
  writer_ = std::move(writer);
  whole_bytes_ = writer_->size();
}

void Manifest::prepare(const VersionEdit& edit) {
  std::string bytes;
  encode(edit, bytes);
  writer_->allocate(bytes.size());
}

void Manifest::append_edit(const VersionEdit& edit) {
  std::string bytes;
  encode(edit, bytes);
  const std::string_view piece = bytes;
  const LogPosition all_synced = writer_->position();
  writer_->allocate(bytes.size());
  writer_->append({&piece, 1}, all_synced);
  // Against a power loss after the caller has removed what this edit made unneeded.
  writer_->sync();
}

void Manifest::append(const VersionEdit& edit, const ManifestState& after) {
  try {
    append_edit(edit);
  } catch (const IoError& error) {
    start_anew(after, error.what());
    return;
  }
  if (size() > kLeastRewriteBytes && size() > kRewriteFactor * whole_bytes_) shrink(after);
}

// The edit is in doubt in the old file; it is in the new one for certain.
void Manifest::start_anew(const ManifestState& after, const std::string& why) {
  number_ = LogNumber{static_cast<uint64_t>(number_) + 1};
  try {
    put_in_place(write_beside(after));
  } catch (const IoError& error) {
    throw DurabilityError("the MANIFEST could not be written (" + why + "), nor could a new one (" +
                          error.what() + ")");
  }
}

void Manifest::shrink(const ManifestState& after) {
  number_ = LogNumber{static_cast<uint64_t>(number_) + 1};
  std::unique_ptr<LogWriter> writer;
  try {
    writer = write_beside(after);
  } catch (const IoError&) {
    return;  // The old one goes on; the next edit tries again.
  }
  try {
    put_in_place(std::move(writer));
  } catch (const IoError& error) {
    throw DurabilityError(std::string("a new MANIFEST could not be put in place (") + error.what() +
                          ")");
  }
}

ManifestContents read_manifest(FileSystem& files, const std::string& dir) {
  const std::string path = join_path(dir, kName);
  const LogFileHeader header = read_log_header(files, path);
  ManifestContents out;
  out.database_id = header.identity.database_id;
  out.number = header.identity.number;
  const ReplayReport report = replay_file(
      files, path, LogKind::kManifest, out.database_id,
      [&](std::string_view record, LogPosition begin) {
        try {
          apply(out.state, decode_version_edit(record));
        } catch (const NotSupported&) {
          throw;
        } catch (const Error& error) {
          throw CorruptionError(path, begin.offset,
                                "edit " + std::to_string(out.edit_count) + ": " + error.what());
        }
        ++out.edit_count;
      });
  if (out.edit_count == 0) {
    throw CorruptionError(path, kLogHeaderBytes, "holds no edit; restore it from a copy");
  }
  out.end_offset = report.end.offset;
  out.torn_tail = report.torn_tail;
  return out;
}

}  // namespace lsmkit
