// Versions as lines of text and back; the grammar stands in version.h.
//
// Keys are written as they are; control bytes, blanks, bytes above '~', backslashes, commas, and
// dots at either end or beside another dot are written \xhh.
#include <algorithm>
#include <array>
#include <charconv>

#include "lsmkit/bytes/error.h"
#include "lsmkit/version/version.h"

namespace lsmkit {
namespace {

struct NumberField {
  std::string_view name;
  uint64_t TableMeta::*field;
};
constexpr std::array<NumberField, 11> kNumberFields = {{
    {"weight", &TableMeta::weight},
    {"entries", &TableMeta::entry_count},
    {"tombstones", &TableMeta::tombstone_count},
    {"range_tombstones", &TableMeta::range_tombstone_count},
    {"file_bytes", &TableMeta::file_bytes},
    {"key_bytes", &TableMeta::key_bytes},
    {"value_bytes", &TableMeta::value_bytes},
    {"ingest", &TableMeta::ingest_seqno},
    {"created_us", &TableMeta::created_us},
    {"earliest_expiry_us", &TableMeta::earliest_expiry_us},
    {"latest_expiry_us", &TableMeta::latest_expiry_us},
}};
constexpr std::string_view kExclusive = "exclusive";

// ---- writing

void put_hex(std::string& out, std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
}

std::string key_text(std::string_view key) {
  std::string out;
  for (size_t i = 0; i < key.size(); ++i) {
    const char c = key[i];
    const bool end_dot =
        c == '.' && (i == 0 || i + 1 == key.size() || key[i - 1] == '.' || key[i + 1] == '.');
    if (c > ' ' && c <= '~' && c != '\\' && c != ',' && !end_dot) {
      out += c;
    } else {
      out += "\\x";
      put_hex(out, key.substr(i, 1));
    }
  }
  return out;
}

void put_bound(std::string& out, std::string_view name, const TableBound& bound) {
  if (bound.seqno == 0 && bound.kind == Kind::kPut && !bound.exclusive) return;
  ((out += " ") += name) += "=" + std::to_string(bound.seqno);
  if (bound.kind != Kind::kPut || bound.exclusive)
    out += ":" + std::to_string(static_cast<int>(bound.kind));
  if (bound.exclusive) (out += ":") += kExclusive;
}

RunId usual_run(uint32_t level, const TableMeta& table) {
  return level == 0 ? table.largest_seqno : 0;
}

// ---- reading

[[noreturn]] void fail(std::string_view token, const char* what) {
  throw InvalidArgument("'" + printable(token) + "' " + what);
}

uint64_t number_from(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) fail(text, "is no number");
  return value;
}

std::string bytes_from_hex(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned byte = 0;
    const std::string_view pair = text.substr(i, 2);
    const auto [end, error] = std::from_chars(pair.data(), pair.data() + pair.size(), byte, 16);
    if (error != std::errc{} || pair.size() != 2 || end != pair.data() + 2) fail(text, "is no hex");
    out += static_cast<char>(byte);
  }
  return out;
}

std::string key_from(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (text.substr(i, 2) != "\\x" || i + 4 > text.size()) fail(text, "has a bad escape");
    out += bytes_from_hex(text.substr(i + 2, 2));
    i += 3;
  }
  return out;
}

// Cuts `text` up to `separator` off its front.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t at = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return front;
}

TableNumber table_number_from(std::string_view text) {
  if (text.empty() || text[0] != '#') fail(text, "is no table number");
  std::string_view rest = text.substr(1);
  const uint64_t job = number_from(take_until(rest, '.'));
  uint64_t part = 0, position = 0;
  if (!rest.empty()) {
    part = number_from(take_until(rest, '.'));
    position = number_from(rest);
  }
  if (job >> (64 - kPartBits - kPositionBits) != 0 || part >> kPartBits != 0 ||
      position >> kPositionBits != 0)
    fail(text, "is too large for a table number");
  return pack_table_number(JobNumber{job}, static_cast<uint32_t>(part),
                           static_cast<uint32_t>(position));
}

void read_bound(TableBound& bound, std::string_view text) {
  bound.seqno = number_from(take_until(text, ':'));
  if (text.empty()) return;
  const uint64_t kind = number_from(take_until(text, ':'));
  if (kind < 1 || kind > kLastKind) fail(text, "is no kind");
  bound.kind = Kind{static_cast<uint8_t>(kind)};
  if (text.empty()) return;
  if (text != kExclusive) fail(text, "is not 'exclusive'");
  bound.exclusive = true;
}

void read_samples(TableMeta& table, std::string_view text) {
  while (!text.empty()) {
    const std::string_view sample = take_until(text, ',');
    const size_t at = sample.rfind('@');
    if (at == std::string_view::npos) fail(sample, "is no key@weight");
    table.samples.push_back({key_from(sample.substr(0, at)), number_from(sample.substr(at + 1))});
  }
}

void read_unknown(TableMeta& table, std::string_view text) {
  while (!text.empty()) {
    std::string_view field = take_until(text, ',');
    const uint64_t tag = number_from(take_until(field, ':'));
    table.unknown.emplace_back(tag, bytes_from_hex(field));
  }
}

void read_field(TableMeta& table, std::string_view token) {
  std::string_view value = token;
  const std::string_view name = take_until(value, '=');
  for (const NumberField& known : kNumberFields)
    if (name == known.name) return void(table.*known.field = number_from(value));
  if (name == "seqnos") {
    const size_t dots = value.find("..");
    if (dots == std::string_view::npos) fail(token, "is no span of seqnos");
    table.smallest_seqno = number_from(value.substr(0, dots));
    table.largest_seqno = number_from(value.substr(dots + 2));
  } else if (name == "first") {
    read_bound(table.smallest, value);
  } else if (name == "last") {
    read_bound(table.largest, value);
  } else if (name == "id") {
    table.id = number_from(value);
  } else if (name == "keyspace") {
    table.keyspace = static_cast<uint32_t>(number_from(value));
  } else if (name == "codec") {
    table.codec = Codec{static_cast<uint8_t>(number_from(value))};
  } else if (name == "samples") {
    read_samples(table, value);
  } else if (name == "unknown") {
    read_unknown(table, value);
  } else {
    fail(token, "is no field of a table");
  }
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::string_view word = take_until(line, ' ');
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

TableMeta table_from_words(std::span<const std::string_view> tokens) {
  if (tokens.size() < 2) throw InvalidArgument("a table needs a number and a range of keys");
  TableMeta table;
  table.number = table_number_from(tokens[0]);
  const size_t dots = tokens[1].find("..");
  if (dots == std::string_view::npos) fail(tokens[1], "is no range of keys");
  table.smallest.key = key_from(tokens[1].substr(0, dots));
  table.largest.key = key_from(tokens[1].substr(dots + 2));
  for (const std::string_view token : tokens.subspan(2)) read_field(table, token);
  return table;
}

void read_line(VersionEdit& edit, std::string_view line) {
  const std::vector<std::string_view> tokens = words(line);
  if (tokens.empty()) return;
  if (tokens[0][0] != 'L' || tokens.size() < 2) fail(line, "does not begin with a level");
  const uint64_t number = number_from(tokens[0].substr(1));
  if (number >= kMaxLevels) fail(tokens[0], "is too deep a level");
  const auto level = static_cast<uint32_t>(number);
  if (tokens[1].starts_with("cursor=")) {
    edit.cursors[level] = key_from(tokens[1].substr(7));
    return;
  }
  std::span<const std::string_view> rest(tokens);
  const bool names_run = tokens[1].starts_with("run=");
  const auto table =
      std::make_shared<const TableMeta>(table_from_words(rest.subspan(names_run ? 2 : 1)));
  edit.added.push_back(
      {level, names_run ? number_from(tokens[1].substr(4)) : usual_run(level, *table), table});
}

}  // namespace

std::string to_text(TableNumber number) {
  std::string out = "#" + std::to_string(static_cast<uint64_t>(job_of(number)));
  if (part_of(number) != 0 || position_of(number) != 0)
    out += "." + std::to_string(part_of(number)) + "." + std::to_string(position_of(number));
  return out;
}

std::string to_text(const TableMeta& table) {
  std::string out = to_text(table.number) + " " + key_text(table.smallest.key) + ".." +
                    key_text(table.largest.key);
  const auto put = [&](std::string_view name, uint64_t value) {
    if (value != 0) ((out += " ") += name) += "=" + std::to_string(value);
  };
  for (const NumberField& known : kNumberFields) put(known.name, table.*known.field);
  if (table.largest_seqno != 0)
    out += " seqnos=" + std::to_string(table.smallest_seqno) + ".." +
           std::to_string(table.largest_seqno);
  put_bound(out, "first", table.smallest);
  put_bound(out, "last", table.largest);
  put("id", table.id);
  put("keyspace", table.keyspace);
  put("codec", static_cast<uint64_t>(table.codec));
  const char* before = " samples=";
  for (const KeySample& sample : table.samples) {
    out += before + key_text(sample.key) + "@" + std::to_string(sample.weight_before);
    before = ",";
  }
  before = " unknown=";
  for (const auto& [tag, payload] : table.unknown) {
    out += before + std::to_string(tag) + ":";
    put_hex(out, payload);
    before = ",";
  }
  return out;
}

std::string to_text(const Version& version) {
  std::string out;
  for (uint32_t n = 0; n < version.level_count(); ++n) {
    const std::string name = "L" + std::to_string(n);
    for (const Run& run : version.level(n).runs) {
      run.for_each([&](const TableRef& table) {
        out += name;
        if (run.id() != usual_run(n, *table)) out += " run=" + std::to_string(run.id());
        out += " " + to_text(*table) + "\n";
      });
    }
    if (!version.cursor(n).empty()) out += name + " cursor=" + key_text(version.cursor(n)) + "\n";
  }
  return out;
}

TableMeta table_from_text(std::string_view text) {
  return table_from_words(words(text));
}

Version version_from_text(std::string_view text) {
  VersionEdit edit;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = take_until(text, '\n');
    try {
      read_line(edit, line);
    } catch (const InvalidArgument& error) {
      throw InvalidArgument("line " + std::to_string(number) + " of a version's text, '" +
                            printable(line) + "': " + error.what());
    }
  }
  return Version().after(edit);
}

}  // namespace lsmkit
