// Shows logs, the WAL as well as MANIFEST and events: every chunk with its offset and its contents.
#include <sstream>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/dump.h"
#include "lsmkit/format/table_format.h"
#include "lsmkit/log/log_dump.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_seal.h"
#include "lsmkit/memtable/write_batch.h"
#include "lsmkit/trace/event.h"
#include "lsmkit/version/version.h"

namespace lsmkit {
namespace {

std::string_view kind_name(LogKind kind) {
  switch (kind) {
    case LogKind::kWal:
      return "wal";
    case LogKind::kManifest:
      return "manifest";
    case LogKind::kEvents:
      return "events";
  }
  return "unknown";
}

std::string_view chunk_name(ChunkType type) {
  switch (type) {
    case ChunkType::kFull:
      return "chunk full";
    case ChunkType::kFirst:
      return "chunk first";
    case ChunkType::kMiddle:
      return "chunk middle";
    case ChunkType::kLast:
      return "chunk last";
    case ChunkType::kSeal:
      return "seal";
    case ChunkType::kPad:
      return "pad";
  }
  return "chunk";
}

std::string describe(const VersionEdit& edit) {
  std::ostringstream out;
  out << name_of(edit.reason);
  if (edit.job) out << ", job " << static_cast<uint64_t>(*edit.job);
  if (edit.score > 0) out << ", score " << edit.score;
  if (edit.last_seqno) out << ", last seqno " << *edit.last_seqno;
  if (edit.flushed_seqno) out << ", flushed up to " << *edit.flushed_seqno;
  if (edit.oldest_log) out << ", oldest log " << static_cast<uint64_t>(*edit.oldest_log);
  if (edit.history_floor) out << ", history floor " << *edit.history_floor;
  if (edit.typed_codec && !edit.typed_codec->empty()) out << ", typed " << *edit.typed_codec;
  if (edit.options) out << ", options (" << edit.options->size() << " bytes of text)";
  out << "; removes " << edit.removed.size() << ", adds " << edit.added.size() << " tables";
  return out.str();
}

// Shows what a log's records say.
class RecordShower {
 public:
  RecordShower(LogKind kind, const ShowPart& show) : kind_(kind), show_(show) {}

  void chunk(const ChunkView& view) {
    std::string text = std::to_string(view.length) + " bytes";
    if (view.synced.log != LogNumber{}) {
      text += ", known synced up to " + std::to_string(view.synced.offset) + " of log " +
              std::to_string(static_cast<uint64_t>(view.synced.log));
    }
    show_(view.offset, view.end() - view.offset, chunk_name(view.type), text);
    switch (view.type) {
      case ChunkType::kFull:
        return record(view.payload, view.offset);
      case ChunkType::kFirst:
        begin_ = view.offset;
        record_ = view.payload;
        return;
      case ChunkType::kMiddle:
        record_ += view.payload;
        return;
      case ChunkType::kLast:
        record_ += view.payload;
        return record(record_, begin_);
      default:
        return;
    }
  }

 private:
  void record(std::string_view bytes, uint64_t offset) {
    try {
      switch (kind_) {
        case LogKind::kWal:
          return batch(bytes, offset);
        case LogKind::kManifest:
          return edit(bytes, offset);
        case LogKind::kEvents:
          return show_(offset, bytes.size(), "event", to_line(decode_event(bytes)));
      }
    } catch (const Error& error) {
      show_(offset, bytes.size(), "damage", std::string("the record ") + error.what());
    }
  }

  void batch(std::string_view bytes, uint64_t offset) {
    const DecodedBatch batch = decode_batch(bytes);
    show_(offset, bytes.size(), "batch",
          "commit " + std::to_string(batch.header.seqno) + ", " +
              std::to_string(batch.header.op_count) + " operations");
    batch.for_each([&](Kind kind, std::string_view key, std::string_view value) {
      if (kind == Kind::kDelete) {
        show_(offset, key.size(), "delete", "'" + printable(key) + "'");
      } else {
        show_(offset, key.size() + value.size(), "put",
              "'" + printable(key) + "' = '" + printable(value) + "'");
      }
    });
  }

  void edit(std::string_view bytes, uint64_t offset) {
    const VersionEdit edit = decode_version_edit(bytes);
    show_(offset, bytes.size(), "edit", describe(edit));
    for (const RemovedTable& removed : edit.removed) {
      show_(offset, 0, "removed",
            "L" + std::to_string(removed.level) + " " + to_text(removed.number) + " at '" +
                printable(removed.smallest_key) + "'");
    }
    for (const AddedTable& added : edit.added) {
      const TableMeta& table = *added.table;
      show_(offset, 0, "added",
            "L" + std::to_string(added.level) + " " + to_text(table.number) + " '" +
                printable(table.smallest.key) + "' .. '" + printable(table.largest.key) + "', " +
                std::to_string(table.entry_count) + " entries, " +
                std::to_string(table.file_bytes) + " bytes");
    }
  }

  const LogKind kind_;
  const ShowPart& show_;
  std::string record_;
  uint64_t begin_ = 0;
};

}  // namespace

std::string dump_log(FileSystem& files, const std::string& path, const ShowPart& show) {
  const LogFileHeader header = read_log_header(files, path);
  const LogIdentity& id = header.identity;
  std::ostringstream text;
  text << kind_name(id.kind) << " " << static_cast<uint64_t>(id.number) << " of database "
       << std::hex << id.database_id << std::dec << ", format " << header.format_version;
  if (id.predecessor != LogNumber{}) text << ", after " << static_cast<uint64_t>(id.predecessor);
  show(0, kLogHeaderBytes, "header", text.str());
  RecordShower shower(id.kind, show);
  walk_chunks(files, path, [&](const ChunkView& view) {
    if (view.state == ChunkState::kValid) return shower.chunk(view);
    if (view.state == ChunkState::kZeros) {
      return show(view.offset, 0, "zeros", "nothing was written here");
    }
    show(view.offset, 0, "damage", describe_damage(view));
  });
  return std::string(kind_name(id.kind));
}

std::string dump_file(FileSystem& files, const std::string& path, const ShowPart& show) {
  char head[8];
  std::string_view magic;
  {
    const auto file = files.open(path);
    magic = {head, file->read(0, sizeof head, head)};
  }
  if (magic == kTableMagic) {
    dump_table(files, path, show);
    return "table";
  }
  if (magic == kLogMagic) return dump_log(files, path, show);
  throw InvalidArgument(path + " is no file of an lsmkit database: it begins with '" +
                        printable(magic) + "'");
}

}  // namespace lsmkit
