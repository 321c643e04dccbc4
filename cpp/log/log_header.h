// The first 64 bytes of every log: who it is, and whether we can read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lsmkit/log/log_format.h"
#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

inline constexpr std::string_view kLogMagic("\x89lsmlog\n", 8);
inline constexpr uint32_t kLogFormatVersion = 1;
inline constexpr uint64_t kKnownLogFeatures = 0;

struct LogFileHeader {
  uint32_t format_version = kLogFormatVersion;
  LogIdentity identity;
  uint64_t required_features = 0;
  uint64_t optional_features = 0;
  bool operator==(const LogFileHeader&) const = default;
};

// Throws CorruptionError for a torn or damaged header, NotSupported for one of a newer lsmkit.
LogFileHeader read_log_header(FileSystem& files, const std::string& path);

std::string encode(const LogFileHeader& header);

// A header, or why it is none; `why` is empty if the bytes are zero or missing, as in a log that
// was just being created.
struct LogHeaderVerdict {
  std::optional<LogFileHeader> header;
  std::string why;
};
// Throws NotSupported; `path` is for its text.
LogHeaderVerdict check_log_header(std::string_view first_bytes, const std::string& path);
LogHeaderVerdict check_log_header(const ReadFile& file);

// Whether a file with a log's name is ours and holds nothing, as one does that was just being
// created: no byte but zeros after the header, which is whole, torn or missing. Throws NotSupported
// for a log of a newer lsmkit.
bool is_recordless_log(FileSystem& files, const std::string& path);

// Whether a file, whosever it is, ends before a log's first record could begin.
bool ends_before_records(FileSystem& files, const std::string& path);

}  // namespace lsmkit
