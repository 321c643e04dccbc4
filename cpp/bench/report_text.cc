// A report as tables for people.
#include <cstdio>
#include <set>

#include "report.h"
#include "text_table.h"
#include "timing.h"
#include "workloads.h"

namespace lsmkit::bench {
namespace {

std::string us_text(double us) {
  return us < 100 ? text("%.3f", us) : with_commas(static_cast<uint64_t>(us + 0.5));
}

// "0.351 (0.340..0.372)"
std::string spread_text(const std::vector<double>& values) {
  if (values.empty()) return "-";
  if (values.size() == 1) return us_text(values[0]);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return us_text(median(values)) + " (" + us_text(*least) + ".." + us_text(*most) + ")";
}

std::string ratio_text(const std::vector<double>& ratios) {
  return ratios.empty() ? "-" : text("%.2f", median(ratios));
}

bool is_compared(const Row& row) {
  for (const Workload& workload : workloads()) {
    if (workload.name == row.workload) return true;
  }
  return false;
}

std::vector<Row> of(const std::vector<Row>& rows, const std::string& workload) {
  std::vector<Row> out;
  for (const Row& row : rows) {
    if (row.workload == workload) out.push_back(row);
  }
  return out;
}

const Shape* last_shape(const Row& row, const std::string& store) {
  const auto samples = row.by_store.find(store);
  return samples == row.by_store.end() ? nullptr : &samples->second.back()->shape;
}

class Printer {
 public:
  explicit Printer(const Report& report) : report_(report), rows_(rows_of(report)) {
    for (const StoreFacts& store : report.stores) {
      names_.push_back(store.name);
      ours_ |= store.name == "lsmkit";
    }
    for (const std::string& name : names_) {
      if (ours_ && name != "lsmkit") peers_.push_back(name);
    }
  }

  void print_all() {
    print_head();
    print_compared();
    print_trees();
    print_threads();
    print_writes_beside();
    print_wal();
    print_latencies();
    print_open();
    print_flushes();
    print_throttled();
  }

 private:
  void print_head() const {
    const Settings& s = report_.settings;
    std::printf("%s entries of %zu + %zu bytes, %s, seed %llu, medians of %d interleaved rounds\n",
                with_commas(s.num).c_str(), kKeyBytes, s.value_bytes,
                s.compression ? "compressed" : "no compression",
                static_cast<unsigned long long>(s.seed), s.rounds);
    std::string line;
    for (const auto& [name, value] : report_.machine) {
      line += (line.empty() ? "" : ", ") + name + " " + value;
    }
    std::printf("%s\n\n", line.c_str());
    for (const StoreFacts& store : report_.stores) {
      line.clear();
      for (const auto& [name, value] : store.options) {
        line += (line.empty() ? "" : ", ") + name + " " + value;
      }
      std::printf("%s (%s): %s\n", store.name.c_str(), store.version.c_str(), line.c_str());
    }
    for (const auto& [name, why] : report_.left_out) {
      std::printf("%s is left out: %s\n", name.c_str(), why.c_str());
    }
  }

  void print_compared() const {
    Cells header{"workload", "on", "sync", "threads"};
    header.insert(header.end(), names_.begin(), names_.end());
    for (const std::string& peer : peers_) header.push_back("x " + peer);
    if (ours_) header.push_back("lsmkit's tree");
    std::vector<Cells> out;
    for (const Row& row : rows_) {
      if (!is_compared(row)) continue;
      Cells cells{row.workload, row.state, row.mode, std::to_string(row.threads)};
      for (const std::string& name : names_) cells.push_back(spread_text(row.values(name, "")));
      for (const std::string& peer : peers_) cells.push_back(ratio_text(row.ratios(peer)));
      if (const Shape* shape = last_shape(row, "lsmkit")) cells.push_back(to_text(*shape));
      out.push_back(cells);
    }
    if (out.empty()) return;
    print_table(std::string("Microseconds per operation, median (least..most)") +
                    (peers_.empty()
                         ? ""
                         : "; x: how many times as fast lsmkit is, median of the rounds' ratios"),
                header, out, 3);
  }

  void print_trees() const {
    Cells header{"workload", "on", "threads"};
    header.insert(header.end(), peers_.begin(), peers_.end());
    std::vector<Cells> out;
    for (const Row& row : rows_) {
      if (!is_compared(row)) continue;
      Cells cells{row.workload, row.state, std::to_string(row.threads)};
      for (const std::string& peer : peers_) {
        const Shape* shape = last_shape(row, peer);
        cells.push_back(shape == nullptr ? "-" : to_text(*shape));
      }
      out.push_back(cells);
    }
    if (!out.empty() && !peers_.empty()) {
      print_table("The peers' trees in the last round", header, out, header.size());
    }
  }

  // W1.6: throughput at several threads.
  void print_threads() const {
    Cells header{"workload", "on", "threads"};
    header.insert(header.end(), names_.begin(), names_.end());
    header.push_back("spinning control");
    std::vector<Cells> out;
    for (const Row& row : rows_) {
      if (!is_compared(row)) continue;
      const Row* alone = nullptr;
      bool shared = false;
      for (const Row& other : rows_) {
        if (other.workload != row.workload || other.state != row.state) continue;
        if (other.threads == 1) alone = &other;
        shared |= other.threads > 1;
      }
      if (!shared || alone == nullptr) continue;
      Cells cells{row.workload, row.state, std::to_string(row.threads)};
      std::vector<double> control;
      for (const std::string& name : names_) {
        const std::vector<double> us = row.values(name, ""), one = alone->values(name, "");
        std::vector<double> scaling;
        for (size_t i = 0; i < std::min(us.size(), one.size()); ++i) {
          scaling.push_back(one[i] / us[i]);
        }
        for (const double value : row.values(name, "control_scaling")) control.push_back(value);
        cells.push_back(us.empty() ? "-"
                                   : with_commas(static_cast<uint64_t>(1e6 / median(us))) +
                                         text(" (x %.2f)", median(scaling)));
      }
      cells.push_back(row.threads == 1 ? "x 1" : "x " + ratio_text(control));
      out.push_back(cells);
    }
    if (out.empty()) return;
    print_table("Operations per second of all threads, and how many times those of one", header,
                out, 2);
  }

  void print_writes_beside() const {
    Cells header{"threads reading"};
    header.insert(header.end(), names_.begin(), names_.end());
    std::vector<Cells> out;
    for (const Row& row : of(rows_, "readwhilewriting")) {
      Cells cells{std::to_string(row.threads)};
      for (const std::string& name : names_) {
        const auto rates = row.values(name, "writes_per_s");
        cells.push_back(rates.empty() ? "-" : with_commas(static_cast<uint64_t>(median(rates))));
      }
      out.push_back(cells);
    }
    if (!out.empty()) print_table("Writes per second beside readwhilewriting", header, out);
  }

  void print_wal() const {
    std::vector<Cells> out;
    for (const Row& row : of(rows_, "wal")) {
      const auto figure = [&](const char* name) { return median(row.values("lsmkit", name)); };
      out.push_back({row.mode, spread_text(row.values("lsmkit", "")),
                     with_commas(static_cast<uint64_t>(figure("commits_per_s"))),
                     text("%.1f", figure("bytes_per_s") / 1e6),
                     text("%.1f", figure("log_bytes_per_commit")), text("%.0f", figure("syncs"))});
    }
    if (out.empty()) return;
    print_table("wal: appends to lsmkit's log alone, nothing is flushed (W1.1)",
                {"sync", "us each", "commits/s", "MB/s", "log bytes each", "syncs"}, out);
  }

  void print_latencies() const {
    std::vector<Cells> out;
    for (const Row& row : of(rows_, "syncmodes")) {
      for (const auto& [store, samples] : row.by_store) {
        Cells cells{store, row.mode, with_commas(samples[0]->operations)};
        for (const char* name : {"mean_us", "p50_us", "p99_us", "p99.9_us"}) {
          cells.push_back(us_text(median(row.values(store, name))));
        }
        const std::vector<double> longest = row.values(store, "max_us");
        cells.push_back(us_text(*std::max_element(longest.begin(), longest.end())));
        const std::vector<double> syncs = row.values(store, "syncs");
        cells.push_back(syncs.empty() ? "" : text("%.0f", median(syncs)));
        out.push_back(cells);
      }
    }
    if (out.empty()) return;
    std::stable_sort(out.begin(), out.end(), [](const Cells& a, const Cells& b) {
      const auto rank = [](const std::string& name) {
        return name == "lsmkit" ? 0 : name == "control" ? 2 : 1;
      };
      return std::pair(rank(a[0]), a[0]) < std::pair(rank(b[0]), b[0]);
    });
    print_table(
        "syncmodes: microseconds of single puts, medians of the rounds and the longest of all "
        "(W1.3)",
        {"store", "sync", "puts", "mean", "p50", "p99", "p99.9", "max", "syncs"}, out, 2);
  }

  void print_open() const {
    std::vector<Cells> out;
    for (const Row& row : of(rows_, "open")) {
      if (row.by_store.count("lsmkit") == 0) continue;
      const auto of_control = [&]() -> std::vector<double> {
        for (const Row& other : rows_) {
          if (other.workload == "open" && other.by_store.count("control") > 0) {
            return other.values("control", "");
          }
        }
        return {};
      }();
      out.push_back({row.state, spread_text(row.values("lsmkit", "")), spread_text(of_control),
                     ratio_text(row.values("lsmkit", "times_the_control"))});
    }
    if (out.empty()) return;
    print_table(
        "open: microseconds to open a clean database, beside create, write, sync, rename, sync "
        "of the directory",
        {"of", "open", "control", "times the control"}, out);
  }

  void print_flushes() const {
    std::vector<Cells> out;
    bool counted = false;
    for (const Row& row : of(rows_, "flushmany")) {
      const auto figure = [&](const char* name) -> std::string {
        const auto values = row.values("lsmkit", name);
        return values.empty() ? "" : text("%.2f", median(values));
      };
      const auto instructions = row.values("lsmkit", "instructions");
      counted |= !instructions.empty();
      out.push_back(
          {row.state, spread_text(row.values("lsmkit", "")),
           spread_text(row.values("lsmkit", "cpu_us")), figure("times_as_much_cpu"),
           instructions.empty() ? "-" : with_commas(static_cast<uint64_t>(median(instructions))),
           figure("times_as_many_instructions")});
    }
    if (out.empty()) return;
    print_table("flushmany: a flush of one small table into a database of many, in memory (W1.5)",
                {"of", "us", "processor us", "x", "instructions", "x instructions"}, out);
    if (!counted) std::printf("  This machine does not count instructions for us.\n");
  }

  void print_throttled() const {
    std::vector<Cells> out;
    for (const Row& row : of(rows_, "throttled")) {
      for (const auto& [store, samples] : row.by_store) {
        const auto spread = [&, name = store](const char* figure, double unit) {
          std::vector<double> values = row.values(name, figure);
          for (double& value : values) value /= unit;
          return spread_text(values);
        };
        out.push_back({store, row.state, spread("puts_per_s", 1), spread("puts_per_s_to_idle", 1),
                       spread("p50_us", 1), spread("p99_us", 1), spread("p99.9_us", 1e3),
                       spread("p99.99_us", 1e3), spread("max_us", 1e3), spread("stalled_s", 1),
                       spread("runs", 1), spread("device_mib_per_s", 1), spread("memory_mib", 1),
                       spread("control_p99.9_us", 1e3), spread("control_max_us", 1e3)});
      }
    }
    if (out.empty()) return;
    print_table(
        "throttled: overwrites on a slow device; single puts, p50 and p99 in microseconds, the "
        "others in milliseconds; the control sleeps a millisecond at a time and tells what it "
        "overslept",
        {"store", "device", "puts/s", "... until idle", "p50 us", "p99 us", "p99.9 ms", "p99.99 ms",
         "max ms", "stalled s", "runs", "MiB/s", "MiB of memory", "control p99.9 ms",
         "control max ms"},
        out, 2);
  }

  const Report& report_;
  const std::vector<Row> rows_;
  std::vector<std::string> names_, peers_;
  bool ours_ = false;
};

}  // namespace

void print(const Report& report) {
  Printer(report).print_all();
}

}  // namespace lsmkit::bench
