#include "lsmkit/db/directory.h"

#include <algorithm>
#include <cstdio>

#include "lsmkit/bytes/error.h"
#include "lsmkit/format/table_format.h"
#include "lsmkit/log/log_header.h"
#include "lsmkit/log/log_name.h"

namespace lsmkit {
namespace {

std::string numbered(const char* pattern, uint64_t number) {
  char buffer[64];
  snprintf(buffer, sizeof buffer, pattern, static_cast<unsigned long long>(number));
  return buffer;
}

// The number in "<digits><suffix>", if the name is exactly what `name_of` makes of that number.
template <class Number>
std::optional<Number> parse(std::string_view name, std::string_view suffix,
                            std::string (*name_of)(Number)) {
  if (!name.ends_with(suffix)) return std::nullopt;
  const std::string_view digits = name.substr(0, name.size() - suffix.size());
  if (digits.empty() || digits.size() > 19) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  const auto number = static_cast<Number>(value);
  if (name_of(number) != name) return std::nullopt;
  return number;
}

}  // namespace

std::string table_file_name(TableNumber n) {
  return numbered("%012llu.table", static_cast<uint64_t>(n));
}
std::string events_file_name(uint64_t n) {
  return numbered("%06llu.events", n);
}

std::optional<TableNumber> parse_table_file_name(std::string_view name) {
  return parse<TableNumber>(name, ".table", &table_file_name);
}
std::optional<uint64_t> parse_events_file_name(std::string_view name) {
  return parse<uint64_t>(name, ".events", &events_file_name);
}

DirectoryListing list_directory(FileSystem& files, const std::string& path) {
  DirectoryListing out;
  for (const std::string& name : files.list(path)) {
    if (name == kLockName) continue;
    if (name == kManifestName) {
      out.has_manifest = true;
    } else if (name == kManifestTemporaryName) {
      out.has_temporary_manifest = true;
    } else if (const auto table = parse_table_file_name(name)) {
      out.tables.push_back(*table);
    } else if (const auto log = parse_log_file_name(name)) {
      out.logs.push_back(*log);
    } else if (const auto events = parse_events_file_name(name)) {
      out.events.push_back(*events);
    } else {
      out.foreign.push_back(name);
    }
  }
  std::sort(out.tables.begin(), out.tables.end());
  std::sort(out.logs.begin(), out.logs.end());
  std::sort(out.events.begin(), out.events.end());
  return out;
}

void refuse_foreign(const DirectoryListing& listing, const std::string& path) {
  if (listing.has_manifest || listing.foreign.empty()) return;
  throw InvalidArgument(path + " holds files that are not lsmkit's (" + listing.foreign.front() +
                        "); give a directory of its own");
}

namespace {

// Whether the file begins as one of ours does, or is empty, or could not be begun: a crash leaves
// such files, a stranger hardly does.
bool begins_as_ours(FileSystem& files, const std::string& path, std::string_view magic) {
  const auto file = files.open(path);
  std::string head(magic.size(), '\0');
  head.resize(file->read(0, head.size(), head.data()));
  return head == magic.substr(0, head.size()) || head.find_first_not_of('\0') == std::string::npos;
}

}  // namespace

std::vector<std::string> owned_files(FileSystem& files, const std::string& path) {
  std::vector<std::string> out;
  for (const std::string& name : files.list(path)) {
    const bool is_table = parse_table_file_name(name).has_value();
    const bool is_log = name == kManifestName || name == kManifestTemporaryName ||
                        parse_log_file_name(name) || parse_events_file_name(name);
    if (!is_table && !is_log) continue;
    if (begins_as_ours(files, join_path(path, name), is_table ? kTableMagic : kLogMagic)) {
      out.push_back(name);
    }
  }
  return out;
}

}  // namespace lsmkit
