// A report as JSON, in the shape of `lsmkit bench --json`.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "report.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string number(double value) {
  if (!std::isfinite(value)) return "null";
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", value);
  return digits;
}

// {"name": value, ...}, from names and values that are JSON already.
class Object {
 public:
  Object& add(const std::string& name, const std::string& json) {
    text_ += (text_.empty() ? "" : ", ") + quoted(name) + ": " + json;
    return *this;
  }
  std::string json() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

template <class List, class ToJson>
std::string array(const List& list, const ToJson& to_json, const char* between = ", ") {
  std::string out;
  for (const auto& item : list) out += (out.empty() ? "" : between) + to_json(item);
  return "[" + out + "]";
}

std::string texts(const std::vector<std::pair<std::string, std::string>>& named) {
  Object out;
  for (const auto& [name, value] : named) out.add(name, quoted(value));
  return out.json();
}

std::string figures_json(const Figures& figures) {
  Object out;
  for (const auto& [name, value] : figures) out.add(name, number(value));
  return out.json();
}

std::string shape_json(const Shape& shape) {
  const auto counted = [](uint64_t count) { return std::to_string(count); };
  Object out;
  if (shape.runs) out.add("runs", counted(*shape.runs));
  if (shape.memtable_fill) out.add("memtable_fill", number(*shape.memtable_fill));
  if (shape.idle) out.add("idle", *shape.idle ? "true" : "false");
  if (!shape.level_tables.empty()) out.add("level_tables", array(shape.level_tables, counted));
  if (!shape.other.empty()) out.add("other", quoted(shape.other));
  return out.json();
}

std::string settings_json(const Settings& s) {
  return Object()
      .add("num", std::to_string(s.num))
      .add("key_size", std::to_string(kKeyBytes))
      .add("value_size", std::to_string(s.value_bytes))
      .add("rounds", std::to_string(s.rounds))
      .add("stores", array(s.stores, quoted))
      .add("workloads", array(s.workloads, quoted))
      .add("threads", array(s.threads, [](unsigned n) { return std::to_string(n); }))
      .add("compression", s.compression ? "true" : "false")
      .add("cache_bytes", std::to_string(s.cache_bytes))
      .add("seed", std::to_string(s.seed))
      .json();
}

std::string sample_json(const Sample& s) {
  return Object()
      .add("round", std::to_string(s.round))
      .add("store", quoted(s.store))
      .add("workload", quoted(s.workload))
      .add("state", quoted(s.state))
      .add("mode", quoted(s.mode))
      .add("threads", std::to_string(s.threads))
      .add("operations", std::to_string(s.operations))
      .add("seconds", number(s.seconds))
      .add("us_per_op", number(s.us_per_op()))
      .add("found", s.found ? std::to_string(*s.found) : "null")
      .add("shape", shape_json(s.shape))
      .add("figures", figures_json(s.figures))
      .json();
}

std::string row_json(const Row& row) {
  Object operations, median_us, least_us, most_us, times_as_fast, figures;
  for (const auto& [store, samples] : row.by_store) {
    const std::vector<double> us = row.values(store, "");
    operations.add(store, std::to_string(samples.back()->operations));
    median_us.add(store, number(median(us)));
    least_us.add(store, number(*std::min_element(us.begin(), us.end())));
    most_us.add(store, number(*std::max_element(us.begin(), us.end())));
    if (store != "lsmkit" && row.by_store.count("lsmkit") > 0) {
      times_as_fast.add(store, number(median(row.ratios(store))));
    }
    Figures medians;
    for (const auto& [name, value] : samples[0]->figures) {
      medians[name] = median(row.values(store, name));
    }
    figures.add(store, figures_json(medians));
  }
  const auto ours = row.by_store.find("lsmkit");
  return Object()
      .add("workload", quoted(row.workload))
      .add("state", quoted(row.state))
      .add("mode", quoted(row.mode))
      .add("threads", std::to_string(row.threads))
      .add("operations", operations.json())
      .add("median_us", median_us.json())
      .add("least_us", least_us.json())
      .add("most_us", most_us.json())
      .add("times_as_fast", times_as_fast.json())
      .add("shape", ours == row.by_store.end() ? "null" : shape_json(ours->second.back()->shape))
      .add("figures", figures.json())
      .json();
}

}  // namespace

void write_json(const Report& report, const std::string& file) {
  Object stores, left_out;
  for (const StoreFacts& store : report.stores) {
    stores.add(
        store.name,
        Object().add("version", quoted(store.version)).add("options", texts(store.options)).json());
  }
  for (const auto& [name, why] : report.left_out) left_out.add(name, quoted(why));
  const std::string json = Object()
                               .add("lsmkit", quoted(LSMKIT_VERSION))
                               .add("settings", settings_json(report.settings))
                               .add("machine", texts(report.machine))
                               .add("stores", stores.json())
                               .add("left_out", left_out.json())
                               .add("samples", array(report.samples, sample_json, ",\n"))
                               .add("rows", array(rows_of(report), row_json, ",\n"))
                               .json();
  std::ofstream out(file);
  out << json << "\n";
  out.flush();
  if (!out) throw std::runtime_error(file + ": cannot be written");
}

}  // namespace lsmkit::bench
