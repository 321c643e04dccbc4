#include "rounds.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "machine.h"
#include "own_workloads.h"
#include "parts.h"
#include "scratch.h"
#include "timing.h"
#include "workloads.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kCheckedKeys = 1000;
constexpr uint64_t kControlSyncs = 50;
constexpr size_t kControlBytes = 144;
constexpr unsigned kGroupThreads = 8;  // that fillsync is also done with

void ensure(const std::string& store, const std::string& what, uint64_t found, uint64_t due) {
  if (found == due) return;
  throw std::runtime_error(store + ": found " + std::to_string(found) + " " + what + ", due are " +
                           std::to_string(due));
}

// One more thread that overwrites, for as long as this stands.
class WriterBeside {
 public:
  WriterBeside(Store& store, const Part& part)
      : thread_([this, &store, part] {
          try {
            seconds_ = seconds_of([&] { done_ = store.put_until(part, stop_); });
          } catch (...) {
            error_ = std::current_exception();
          }
        }) {}
  double writes_per_s() {
    stop_ = true;
    thread_.join();
    if (error_) std::rethrow_exception(error_);
    return static_cast<double>(done_) / seconds_;
  }
  ~WriterBeside() { stop_ = true; }

 private:
  std::atomic<bool> stop_{false};
  uint64_t done_ = 0;
  double seconds_ = 0;
  std::exception_ptr error_;
  std::jthread thread_;
};

// One store in one round: what it has filled stays for the workloads that read it.
class Contestant {
 public:
  Contestant(const StoreKind& kind, const Settings& settings, const Data& data,
             ScratchDirectory& scratch)
      : kind_(kind), settings_(settings), data_(data), scratch_(scratch) {}

  bool can_do(const Step& step) const {
    if (step.start == Start::kMemtable) return kind_.has_memtable;
    return step.start != Start::kThreeRuns || kind_.can_flush;
  }

  // `keep`: what it fills is what a later step reads as it stands.
  Sample measure(const Step& step, bool keep) {
    Held own;
    Held& held = starts_on_filled(step) ? filled_ : own;
    prepare(step, held);
    Sample out = sample_of(step, *held.store);
    if (&held == &filled_) {
      if (step.workload->changes_store()) settled_ = false;
      if (step.workload->rows_change < 0) drop_filled();
    } else if (keep) {
      filled_ = std::move(own);
      settled_ = false;
    } else {
      discard(own);
    }
    return out;
  }

  // Nothing of it runs on while others are measured.
  void settle() {
    if (!filled_.store || settled_) return;
    filled_.store->settle();
    // Everything is read once: what fits in the cache is there.
    ensure(kind_.name, "keys", filled_.store->get_all(data_.all(data_.ascending)), settings_.num);
    settled_ = true;
  }

  void drop_filled() { discard(filled_); }

 private:
  struct Held {
    std::string path;
    std::unique_ptr<Store> store;
  };

  static bool starts_on_filled(const Step& step) {
    return step.start == Start::kAsItStands || step.start == Start::kSettled;
  }

  uint64_t rows_at(Start start) const {
    if (start == Start::kEmpty) return 0;
    const uint64_t in_memtable = memtable_count(settings_.num, settings_.value_bytes);
    if (start == Start::kMemtable) return in_memtable;
    if (start == Start::kThreeRuns) return std::min(settings_.num, 3 * in_memtable);
    return settings_.num;
  }

  uint64_t count_of(const Step& step) const {
    const Workload& workload = *step.workload;
    if (workload.durable) return std::max<uint64_t>(step.threads, synced_count(settings_.num));
    if (step.start == Start::kMemtable) return rows_at(step.start);
    return settings_.num / workload.share;
  }

  void prepare(const Step& step, Held& held) {
    if (held.store) {
      if (step.start == Start::kSettled) settle();
      return;
    }
    held.path = scratch_.fresh();
    Ask ask;
    ask.lsmkit_options = settings_.lsmkit_options;
    ask.durable = step.workload->durable;
    ask.compression = settings_.compression;
    ask.cache_bytes = settings_.cache_bytes;
    ask.data_bytes = settings_.num * (kKeyBytes + settings_.value_bytes);
    held.store = kind_.open(held.path, ask);
    const uint64_t rows = rows_at(step.start);
    const uint64_t flushes = step.start == Start::kThreeRuns ? 3 : 1;
    for (uint64_t n = 0; n < flushes; ++n) {
      held.store->put_all(
          {data_.shuffled, data_.values, rows * n / flushes, rows * (n + 1) / flushes});
      if (step.start == Start::kThreeRuns) held.store->flush();
    }
    if (step.start == Start::kThreeRuns) {
      held.store->get_all(data_.all(data_.ascending));  // warms the cache
    }
    if (starts_on_filled(step)) settled_ = false;
    if (step.start == Start::kSettled) settle();
  }

  Sample sample_of(const Step& step, Store& store) {
    const Workload& workload = *step.workload;
    Sample out;
    out.store = kind_.name;
    out.workload = workload.name;
    out.state = to_text(step.start);
    out.mode = workload.durable ? "always" : "none";
    out.threads = step.threads;
    if (workload.reads()) out.shape = store.shape();
    if (step.threads > 1) out.figures["control_scaling"] = spin_scaling(step.threads);
    const Measured measured = time_of(step, store, out.figures);
    if (!workload.reads()) out.shape = store.shape();
    if (workload.durable) out.figures["control_fdatasync_us"] = fdatasync_us();
    out.operations = measured.operations;
    out.seconds = measured.seconds;
    check(step, store, measured);
    if (workload.reads()) out.found = measured.found;
    return out;
  }

  Measured time_of(const Step& step, Store& store, Figures& figures) {
    const Workload& workload = *step.workload;
    const uint64_t count = count_of(step);
    const bool hot = step.start == Start::kMemtable;
    const KeyList hot_keys = hot ? data_.drawn_of_first(count) : KeyList();
    const KeyList& keys = hot ? hot_keys : data_.*workload.keys;
    const auto work = [&](uint64_t begin, uint64_t end) {
      return (store.*workload.work)({keys, data_.values, begin, end});
    };
    if (!workload.writer_beside) return measure_parts(count, step.threads, work);
    WriterBeside writer(store, data_.all(data_.again));
    const Measured measured = measure_parts(count, step.threads, work);
    figures["writes_per_s"] = writer.writes_per_s();
    return measured;
  }

  void check(const Step& step, Store& store, const Measured& measured) {
    const Workload& workload = *step.workload;
    if (workload.reads()) {
      const uint64_t due = static_cast<uint64_t>(workload.found_share) * measured.operations;
      ensure(kind_.name, "keys or rows in " + workload.name, measured.found, due);
    }
    if (!workload.changes_store()) return;
    const auto change = workload.rows_change;
    uint64_t rows = rows_at(step.start);
    if (change > 0) rows += measured.operations;
    if (change < 0) rows -= measured.operations;
    ensure(kind_.name, "rows after " + workload.name, store.row_count(), rows);
    if (workload.reads() || change < 0) return;
    const uint64_t checked = std::min(measured.operations, kCheckedKeys);
    const Part part{data_.*workload.keys, data_.values, 0, checked};
    ensure(kind_.name, "right values after " + workload.name, store.right_values(part), checked);
  }

  double fdatasync_us() {
    std::vector<double> us;
    for (const uint32_t ns : preallocated_sync_ns(scratch_.fresh(), kControlSyncs, kControlBytes)) {
      us.push_back(ns / 1e3);
    }
    return median(us);
  }

  void discard(Held& held) {
    if (!held.store) return;
    held.store->close();
    held.store.reset();
    std::filesystem::remove_all(held.path);
  }

  const StoreKind& kind_;
  const Settings& settings_;
  const Data& data_;
  ScratchDirectory& scratch_;
  Held filled_;
  bool settled_ = false;
};

// Steps that follow each other in one store before the next store has its turn.
using Block = std::vector<Step>;

bool is_chosen(const Settings& settings, const std::string& name) {
  return std::count(settings.workloads.begin(), settings.workloads.end(), name) > 0;
}

std::vector<Block> blocks_of(const Settings& settings) {
  std::vector<Block> out;
  for (const Workload& workload : workloads()) {
    if (!is_chosen(settings, workload.name)) continue;
    std::vector<unsigned> threads = workload.threaded ? settings.threads : std::vector<unsigned>{1};
    if (workload.durable && std::count(threads.begin(), threads.end(), kGroupThreads) == 0) {
      threads.push_back(kGroupThreads);
    }
    // One thread comes last in fillrandom: what it leaves is what readrandom finds as it stands.
    if (workload.name == "fillrandom") {
      std::stable_partition(threads.begin(), threads.end(), [](unsigned n) { return n != 1; });
    }
    for (const Start start : workload.starts) {
      const bool goes_on = start == Start::kAsItStands && !out.empty() &&
                           out.back().back().workload->name == "fillrandom" &&
                           out.back().back().threads == 1;
      if (start != Start::kAsItStands) {
        for (const unsigned n : threads) out.push_back({{&workload, start, n}});
      } else if (goes_on) {
        out.back().push_back({&workload, start, 1});
      } else {
        out.push_back({{&workload, start, 1}});
      }
    }
  }
  return out;
}

bool wants_filled(const Block& block) {
  return block.front().start == Start::kSettled || block.front().start == Start::kAsItStands;
}

class Rounds {
 public:
  Rounds(const Settings& settings, std::vector<StoreKind> kinds, const Tell& tell, Report& report)
      : settings_(settings),
        kinds_(std::move(kinds)),
        tell_(tell),
        report_(report),
        data_(settings.num, settings.value_bytes, settings.seed),
        scratch_(settings.dir, "db-bench"),
        blocks_(blocks_of(settings)) {}

  void run_one(int round) {
    std::vector<StoreKind> kinds = kinds_;
    const auto first = static_cast<size_t>(round - 1) % kinds.size();
    std::rotate(kinds.begin(), kinds.begin() + static_cast<std::ptrdiff_t>(first), kinds.end());
    std::vector<std::unique_ptr<Contestant>> stores;
    for (const StoreKind& kind : kinds) {
      stores.push_back(std::make_unique<Contestant>(kind, settings_, data_, scratch_));
    }
    for (size_t b = 0; b < blocks_.size(); ++b) {
      const bool wanted_later = std::any_of(blocks_.begin() + static_cast<std::ptrdiff_t>(b) + 1,
                                            blocks_.end(), wants_filled);
      for (size_t s = 0; s < kinds.size(); ++s) {
        run_block(round, blocks_[b], kinds[s].name, *stores[s], wanted_later);
      }
    }
    for (const auto& store : stores) store->drop_filled();
    stores.clear();
    for (const OwnWorkload& workload : own_workloads()) {
      const bool measures_one = workload.peers_take_part || takes_part("lsmkit");
      if (!is_chosen(settings_, workload.name) || !measures_one) continue;
      tell(round, "lsmkit", workload.name);
      workload.run({round, settings_, data_, kinds, scratch_,
                    [&](Sample sample) { report_.samples.push_back(std::move(sample)); }});
    }
  }

 private:
  void run_block(int round, const Block& block, const std::string& name, Contestant& store,
                 bool wanted_later) {
    const bool wanted = wanted_later || block.size() > 1;
    for (const Step& step : block) {
      if (!store.can_do(step)) continue;
      tell(round, name, step.workload->name);
      const bool keep = wanted && step.workload->name == "fillrandom" && step.threads == 1;
      try {
        report_.samples.push_back(store.measure(step, keep));
      } catch (const std::exception& error) {
        throw std::runtime_error(name + ", " + step.workload->name + ": " + error.what());
      }
      report_.samples.back().round = round;
    }
    if (wanted_later) {
      store.settle();
    } else {
      store.drop_filled();
    }
  }

  bool takes_part(const std::string& name) const {
    return std::any_of(kinds_.begin(), kinds_.end(),
                       [&](const StoreKind& kind) { return kind.name == name; });
  }
  void tell(int round, const std::string& store, const std::string& workload) const {
    tell_("round " + std::to_string(round) + ", " + store + ", " + workload);
  }

  const Settings& settings_;
  const std::vector<StoreKind> kinds_;
  const Tell& tell_;
  Report& report_;
  const Data data_;
  ScratchDirectory scratch_;
  const std::vector<Block> blocks_;
};

}  // namespace

Report run(const Settings& settings, const Tell& tell) {
  Report report;
  report.settings = settings;
  std::vector<StoreKind> kinds;
  const std::vector<StoreKind> built_in = stores_built_in();
  for (const std::string& name : settings.stores) {
    const auto kind = std::find_if(built_in.begin(), built_in.end(),
                                   [&](const StoreKind& k) { return k.name == name; });
    if (kind == built_in.end()) {
      report.left_out[name] = "its headers and library were not found when this was built";
    } else {
      kinds.push_back(*kind);
    }
  }
  if (kinds.empty()) throw std::runtime_error("none of the stores was built in");
  if (!std::filesystem::is_directory(settings.dir)) {
    throw std::runtime_error(settings.dir + ": no such directory");
  }
  Ask shown;
  shown.lsmkit_options = settings.lsmkit_options;
  shown.compression = settings.compression;
  shown.cache_bytes = settings.cache_bytes;
  shown.data_bytes = settings.num * (kKeyBytes + settings.value_bytes);
  for (const StoreKind& kind : kinds) {
    report.stores.push_back({kind.name, kind.version, kind.options(shown)});
  }
  report.machine = machine_facts(settings.dir);
  Rounds rounds(settings, std::move(kinds), tell, report);
  for (int round = 1; round <= settings.rounds; ++round) rounds.run_one(round);
  return report;
}

}  // namespace lsmkit::bench
