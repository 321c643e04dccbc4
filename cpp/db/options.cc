#include "lsmkit/db/options.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <variant>

#include "lsmkit/bytes/error.h"
#include "lsmkit/bytes/key.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {
namespace {

using Field = std::variant<SyncMode Options::*, uint64_t Options::*, uint32_t Options::*,
                           std::vector<int32_t> Options::*, double Options::*, bool Options::*,
                           std::string Options::*>;

struct OptionField {
  std::string_view name;
  bool stored;
  Field field;
};

// Every option once; all else walks this table.
const OptionField kFields[] = {
    {"sync", true, &Options::sync},
    {"memtable_bytes", true, &Options::memtable_bytes},
    {"table_bytes", true, &Options::table_bytes},
    {"block_bytes", true, &Options::block_bytes},
    {"restart_interval", true, &Options::restart_interval},
    {"filter_bits_per_key", true, &Options::filter_bits_per_key},
    {"filter_allocation", true, &Options::filter_allocation},
    {"compression", true, &Options::compression},
    {"compression_levels", true, &Options::compression_levels},
    {"compression_dictionary_bytes", true, &Options::compression_dictionary_bytes},
    {"layout", true, &Options::layout},
    {"level_count", true, &Options::level_count},
    {"l0_trigger_runs", true, &Options::l0_trigger_runs},
    {"l0_merged_runs", true, &Options::l0_merged_runs},
    {"base_bytes", true, &Options::base_bytes},
    {"fanout", true, &Options::fanout},
    {"level_sizing", true, &Options::level_sizing},
    {"picker", true, &Options::picker},
    {"cut", true, &Options::cut},
    {"max_parts", true, &Options::max_parts},
    {"pass_through", true, &Options::pass_through},
    {"multi_level", true, &Options::multi_level},
    {"max_space_amp", true, &Options::max_space_amp},
    {"tombstone_gain", true, &Options::tombstone_gain},
    {"max_runs", true, &Options::max_runs},
    {"size_ratio_percent", true, &Options::size_ratio_percent},
    {"min_merge_runs", true, &Options::min_merge_runs},
    {"max_merge_runs", true, &Options::max_merge_runs},
    {"fifo_bytes", true, &Options::fifo_bytes},
    {"fifo_ttl_s", true, &Options::fifo_ttl_s},
    {"stall_timeout_ms", true, &Options::stall_timeout_ms},
    {"flow", true, &Options::flow},
    {"max_memtables", true, &Options::max_memtables},
    {"l0_slowdown_runs", true, &Options::l0_slowdown_runs},
    {"l0_stop_runs", true, &Options::l0_stop_runs},
    {"soft_pending_bytes", true, &Options::soft_pending_bytes},
    {"hard_pending_bytes", true, &Options::hard_pending_bytes},
    {"delayed_bytes_per_s", true, &Options::delayed_bytes_per_s},
    {"create", false, &Options::create},
    {"cache_bytes", false, &Options::cache_bytes},
    {"memory_bytes", false, &Options::memory_bytes},
    {"background", false, &Options::background},
    {"threads", false, &Options::threads},
    {"background_bytes_per_s", false, &Options::background_bytes_per_s},
};

[[noreturn]] void refuse(std::string_view name, std::string_view text, std::string_view due) {
  throw InvalidArgument("option " + std::string(name) + ": found '" + printable(text) +
                        "', due is " + std::string(due));
}

uint64_t parse_unsigned(std::string_view name, std::string_view text, uint64_t max) {
  const std::string copy(text);
  char* end = nullptr;
  errno = 0;
  const unsigned long long value = std::strtoull(copy.c_str(), &end, 10);
  const bool all_digits = copy.find_first_not_of("0123456789") == std::string::npos;
  if (copy.empty() || !all_digits || *end != '\0' || errno != 0 || value > max) {
    refuse(name, text, "a whole number from 0 to " + std::to_string(max));
  }
  return value;
}

int32_t parse_signed(std::string_view name, std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto magnitude = parse_unsigned(name, negative ? text.substr(1) : text, INT32_MAX);
  return negative ? -static_cast<int32_t>(magnitude) : static_cast<int32_t>(magnitude);
}

std::vector<int32_t> parse_signed_list(std::string_view name, std::string_view text) {
  std::vector<int32_t> out;
  for (;;) {
    const size_t comma = std::min(text.find(','), text.size());
    out.push_back(parse_signed(name, text.substr(0, comma)));
    if (comma == text.size()) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string list_text(const std::vector<int32_t>& values) {
  std::string out;
  for (const int32_t value : values) out += (out.empty() ? "" : ",") + std::to_string(value);
  return out;
}

double parse_double(std::string_view name, std::string_view text) {
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (copy.empty() || *end != '\0' || !std::isfinite(value)) refuse(name, text, "a number");
  return value;
}

// The numbers between the parentheses of "every(5)" or "hybrid(5, 100)".
SyncMode parse_sync(std::string_view text) {
  constexpr std::string_view kDue = "always, every(n), interval(ms), hybrid(n, ms) or none";
  if (text == "always") return {1, 0};
  if (text == "none") return {0, 0};
  const size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) refuse("sync", text, kDue);
  const std::string_view mode = text.substr(0, open);
  std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  const auto number = [&](std::string_view digits) {
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    const auto value = static_cast<uint32_t>(parse_unsigned("sync", digits, UINT32_MAX));
    if (value == 0) refuse("sync", text, "numbers from 1");
    return value;
  };
  if (mode == "every") return {number(inside), 0};
  if (mode == "interval") return {0, number(inside)};
  const size_t comma = inside.find(',');
  if (mode != "hybrid" || comma == std::string_view::npos) refuse("sync", text, kDue);
  return {number(inside.substr(0, comma)), number(inside.substr(comma + 1))};
}

std::string double_text(double value) {
  char buffer[32];
  snprintf(buffer, sizeof buffer, "%.17g", value);
  return buffer;
}

struct ToText {
  const Options& o;
  std::string operator()(SyncMode Options::*f) const { return to_text(o.*f); }
  std::string operator()(uint64_t Options::*f) const { return std::to_string(o.*f); }
  std::string operator()(uint32_t Options::*f) const { return std::to_string(o.*f); }
  std::string operator()(std::vector<int32_t> Options::*f) const { return list_text(o.*f); }
  std::string operator()(double Options::*f) const { return double_text(o.*f); }
  std::string operator()(bool Options::*f) const { return o.*f ? "true" : "false"; }
  std::string operator()(std::string Options::*f) const { return o.*f; }
};

struct FromText {
  Options& o;
  std::string_view name, text;
  void operator()(SyncMode Options::*f) const { o.*f = parse_sync(text); }
  void operator()(uint64_t Options::*f) const { o.*f = parse_unsigned(name, text, UINT64_MAX / 2); }
  void operator()(uint32_t Options::*f) const {
    o.*f = static_cast<uint32_t>(parse_unsigned(name, text, UINT32_MAX));
  }
  void operator()(std::vector<int32_t> Options::*f) const { o.*f = parse_signed_list(name, text); }
  void operator()(double Options::*f) const { o.*f = parse_double(name, text); }
  void operator()(bool Options::*f) const {
    if (text != "true" && text != "false") refuse(name, text, "true or false");
    o.*f = text == "true";
  }
  void operator()(std::string Options::*f) const { o.*f = text; }
};

void require_range(std::string_view name, uint64_t value, uint64_t low, uint64_t high) {
  if (value < low || value > high) {
    refuse(name, std::to_string(value),
           "a number from " + std::to_string(low) + " to " + std::to_string(high));
  }
}

void require_one_of(std::string_view name, const std::string& value,
                    std::initializer_list<std::string_view> choices) {
  std::string due;
  for (const auto choice : choices) {
    if (value == choice) return;
    due += (due.empty() ? "'" : " or '") + std::string(choice) + "'";
  }
  refuse(name, value, due);
}

}  // namespace

std::string to_text(SyncMode mode) {
  const std::string commits = std::to_string(mode.commits), ms = std::to_string(mode.ms);
  if (mode == SyncMode{1, 0}) return "always";
  if (mode.commits != 0 && mode.ms != 0) return "hybrid(" + commits + ", " + ms + ")";
  if (mode.commits != 0) return "every(" + commits + ")";
  if (mode.ms != 0) return "interval(" + ms + ")";
  return "none";
}

void Options::validate() const {
  constexpr uint64_t kKiB = 1024, kTiB = uint64_t{1} << 40;
  require_range("memtable_bytes", memtable_bytes, kKiB, kTiB);
  require_range("table_bytes", table_bytes, kKiB, kTiB);
  require_range("block_bytes", block_bytes, 64, 16 << 20);
  require_range("restart_interval", restart_interval, 1, 1024);
  require_range("filter_bits_per_key", filter_bits_per_key, 0, 64);
  require_one_of("compression", compression, {"zstd", "none"});
  require_one_of("filter_allocation", filter_allocation, {"by_level", "uniform"});
  const auto fits = [](int32_t level) { return level >= -7 && level <= 22; };
  if (compression_levels.empty() ||
      !std::all_of(compression_levels.begin(), compression_levels.end(), fits)) {
    refuse("compression_levels", list_text(compression_levels),
           "one or more zstd levels from -7 to 22, 0 for uncompressed");
  }
  if (compression_levels.size() > kMaxLevels) {
    refuse("compression_levels", list_text(compression_levels),
           "at most " + std::to_string(kMaxLevels) + " of them");
  }
  require_range("compression_dictionary_bytes", compression_dictionary_bytes, 0, 1 << 20);
  require_one_of("layout", layout, {"hybrid", "leveled", "lazy_leveled", "tiered", "fifo"});
  require_range("level_count", level_count, 2, 16);
  require_range("l0_trigger_runs", l0_trigger_runs, 1, 100'000);
  require_range("l0_merged_runs", l0_merged_runs, 1, 100);
  require_range("base_bytes", base_bytes, kKiB, kTiB);
  if (!(fanout >= 2 && fanout <= 1000))
    refuse("fanout", double_text(fanout), "a number from 2 to 1000");
  require_one_of("level_sizing", level_sizing, {"dynamic", "static", "dynamic_without_drain"});
  require_one_of("picker", picker,
                 {"min_overlapping_ratio", "round_robin", "oldest_smallest_seq",
                  "oldest_largest_seq", "compact_pointer"});
  require_one_of("cut", cut, {"aligned", "grandparents", "grid", "plain"});
  if (max_space_amp != 0 && !(max_space_amp > 1 && max_space_amp <= 1000))
    refuse("max_space_amp", double_text(max_space_amp),
           "a ratio above 1, as 1.25 or 3, or 0 for the layout's own");
  if (!(tombstone_gain >= 0 && tombstone_gain <= 1000))
    refuse("tombstone_gain", double_text(tombstone_gain), "a ratio from 0 (never) to 1000");
  require_range("max_parts", max_parts, 1, 64);
  require_range("max_runs", max_runs, 0, 100'000);
  require_range("size_ratio_percent", size_ratio_percent, 0, 10'000);
  require_range("min_merge_runs", min_merge_runs, 2, 100'000);
  if (max_merge_runs != 0) require_range("max_merge_runs", max_merge_runs, min_merge_runs, 100'000);
  require_range("fifo_bytes", fifo_bytes, kKiB, 1024 * kTiB);
  require_range("fifo_ttl_s", fifo_ttl_s, 0, uint64_t{10'000} * 365 * 86'400);
  require_range("stall_timeout_ms", stall_timeout_ms, 1, 86'400'000);
  require_one_of("flow", flow, {"smooth", "rocksdb"});
  require_range("max_memtables", max_memtables, 1, 1000);
  require_range("l0_slowdown_runs", l0_slowdown_runs, 1, 1'000'000);
  require_range("l0_stop_runs", l0_stop_runs, 1, 1'000'000);
  if (flow == "rocksdb" && l0_stop_runs <= l0_trigger_runs) {
    refuse("l0_stop_runs", std::to_string(l0_stop_runs),
           "more than l0_trigger_runs = " + std::to_string(l0_trigger_runs) +
               ", or writes would stop with no compaction due");
  }
  require_range("delayed_bytes_per_s", delayed_bytes_per_s, 1, kTiB);
  if (background_bytes_per_s != 0) {
    require_range("background_bytes_per_s", background_bytes_per_s, 64 * kKiB, kTiB);
  }
  require_one_of("background", background, {"threads", "inline"});
  require_range("threads", threads, 1, 64);
  const uint64_t least = cache_bytes + least_memtable_room();
  if (memory_bytes < least) {
    refuse("memory_bytes", std::to_string(memory_bytes),
           "at least cache_bytes + 2 * memtable_bytes = " + std::to_string(least));
  }
}

void set_option(Options& options, std::string_view name, std::string_view text) {
  for (const auto& f : kFields) {
    if (f.name == name) return std::visit(FromText{options, name, text}, f.field);
  }
  throw InvalidArgument("unknown option '" + printable(name) + "'");
}

std::map<std::string, std::string> to_map(const Options& options) {
  std::map<std::string, std::string> out;
  for (const auto& f : kFields) out.emplace(f.name, std::visit(ToText{options}, f.field));
  return out;
}

bool is_stored_option(std::string_view name) {
  for (const auto& f : kFields) {
    if (f.name == name) return f.stored;
  }
  return false;
}

std::string to_stored_text(const Options& options) {
  std::string out;
  for (const auto& f : kFields) {
    if (!f.stored) continue;
    out += std::string(f.name) + "=" + std::visit(ToText{options}, f.field) + "\n";
  }
  return out;
}

void set_stored_options(Options& options, std::string_view text) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) refuse("(stored)", line, "name=value");
    set_option(options, line.substr(0, equals), line.substr(equals + 1));
  }
}

}  // namespace lsmkit
