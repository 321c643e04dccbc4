#include "lsmkit/log/log_header.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "lsmkit/log/chunk_reader.h"

namespace lsmkit {
namespace {

constexpr size_t kCrcOffset = kLogHeaderBytes - 4;

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

uint64_t data_end(const ReadFile& file) {
  return ChunkReader(file, 0, LogNumber{1}).data_end();  // whose chunks they are does not matter
}

void require_readable(const LogFileHeader& header, const std::string& path) {
  if (header.format_version > kLogFormatVersion) {
    throw NotSupported(path + " was written by a newer lsmkit: its log format is version " +
                       std::to_string(header.format_version) + ", this one reads up to " +
                       std::to_string(kLogFormatVersion));
  }
  const uint64_t unknown = header.required_features & ~kKnownLogFeatures;
  if (unknown != 0) {
    throw NotSupported(path + " was written by a newer lsmkit: it needs log feature bit " +
                       std::to_string(std::countr_zero(unknown)) + ", which this one lacks");
  }
}

}  // namespace

std::string encode(const LogFileHeader& header) {
  const LogIdentity& id = header.identity;
  std::string out(kLogMagic);
  put_fixed32(out, header.format_version);
  put_fixed32(out, static_cast<uint8_t>(id.kind));  // and three bytes of room
  put_fixed64(out, id.database_id);
  put_fixed64(out, static_cast<uint64_t>(id.number));
  put_fixed64(out, static_cast<uint64_t>(id.predecessor));
  put_fixed64(out, header.required_features);
  put_fixed64(out, header.optional_features);
  put_fixed32(out, 0);  // room
  put_fixed32(out, crc32c(out));
  return out;
}

LogHeaderVerdict check_log_header(std::string_view bytes, const std::string& path) {
  bytes = bytes.substr(0, kLogHeaderBytes);
  if (all_zero(bytes)) return {};
  if (bytes.size() < kLogHeaderBytes) return {{}, "the log header is cut off"};
  if (!bytes.starts_with(kLogMagic)) return {{}, "this is no log of lsmkit: the magic is missing"};
  if (load_fixed<uint32_t>(bytes.data() + kCrcOffset) != crc32c(bytes.substr(0, kCrcOffset)))
    return {{}, "the log header does not match its checksum"};

  Decoder d(bytes.substr(kLogMagic.size()));
  LogFileHeader header;
  header.format_version = d.take_fixed32();
  header.identity.kind = static_cast<LogKind>(d.take_byte());
  d.take(3);
  header.identity.database_id = d.take_fixed64();
  header.identity.number = LogNumber{d.take_fixed64()};
  header.identity.predecessor = LogNumber{d.take_fixed64()};
  header.required_features = d.take_fixed64();
  header.optional_features = d.take_fixed64();
  require_readable(header, path);
  return {header, {}};
}

LogHeaderVerdict check_log_header(const ReadFile& file) {
  char bytes[kLogHeaderBytes];
  const size_t count = file.read(0, sizeof bytes, bytes);
  return check_log_header({bytes, count}, file.path());
}

LogFileHeader read_log_header(FileSystem& files, const std::string& path) {
  const LogHeaderVerdict verdict = check_log_header(*files.open(path));
  if (!verdict.header) {
    throw CorruptionError(path, 0, verdict.why.empty() ? "the log header is missing" : verdict.why);
  }
  return *verdict.header;
}

bool is_recordless_log(FileSystem& files, const std::string& path) {
  const std::unique_ptr<ReadFile> file = files.open(path);
  const uint64_t end = data_end(*file);
  if (end > kLogHeaderBytes) return false;
  char bytes[kLogHeaderBytes];
  const std::string_view written(bytes,
                                 std::min<uint64_t>(file->read(0, sizeof bytes, bytes), end));
  check_log_header(written, path);
  return written.starts_with(kLogMagic.substr(0, written.size()));
}

bool ends_before_records(FileSystem& files, const std::string& path) {
  return data_end(*files.open(path)) <= kLogHeaderBytes;
}

}  // namespace lsmkit
