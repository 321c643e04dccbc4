// throttled: what a writer meets when the device cannot follow.
//
// Each store is filled and settled at full speed; then the device is switched on and one writer
// overwrites at random for so many seconds. What a store only puts off is not won: afterwards it
// goes on, on the same device, until nothing is due, and that time is told as well.
//
// lsmkit takes part once for each of its rules of flow control: the one that it took from RocksDB
// stands beside RocksDB itself.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "own_workloads.h"
#include "timing.h"

namespace lsmkit::bench {
namespace {

constexpr uint64_t kCacheBytes = 8 << 20;

uint64_t anonymous_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "RssAnon:") continue;
    uint64_t kib = 0;
    status >> kib;
    return kib << 10;
  }
  throw std::runtime_error("no RssAnon in /proc/self/status");
}

// The control: a thread that sleeps a millisecond and notes how much longer it took; and how much
// memory the process had at most meanwhile.
class Bystander {
 public:
  Bystander() : thread_([this](const std::stop_token& stop) { watch(stop); }) {}
  void stop() {
    thread_.request_stop();
    thread_.join();
    std::sort(late_ns_.begin(), late_ns_.end());
  }
  double late_us(double percent) const {
    return static_cast<double>(percentile(late_ns_, percent)) / 1e3;
  }
  uint64_t most_bytes() const { return most_bytes_; }

 private:
  void watch(const std::stop_token& stop) {
    constexpr auto kSleep = std::chrono::milliseconds(1);
    constexpr size_t kSleepsPerLook = 8;
    do {
      const auto before = std::chrono::steady_clock::now();
      std::this_thread::sleep_for(kSleep);
      const auto late = std::chrono::steady_clock::now() - before - kSleep;
      late_ns_.push_back(static_cast<uint64_t>(late.count()));
      if (late_ns_.size() % kSleepsPerLook == 0) {
        most_bytes_ = std::max(most_bytes_, anonymous_bytes());
      }
    } while (!stop.stop_requested());
  }

  std::vector<uint64_t> late_ns_;
  uint64_t most_bytes_ = 0;
  std::jthread thread_;
};

// `flow`: lsmkit's option; peers have one rule.
Sample throttled_sample(const OwnRound& round, const StoreKind& kind, const std::string& flow,
                        ThrottledDevice& device) {
  const Settings& settings = round.settings;
  malloc_trim(0);  // what the store before it has left
  const uint64_t before_bytes = anonymous_bytes();
  const std::string path = round.scratch.fresh();
  Ask ask;
  ask.lsmkit_options = settings.lsmkit_options;
  ask.lsmkit_options.emplace_back("flow", flow);
  ask.compression = settings.compression;
  ask.cache_bytes = kCacheBytes;
  ask.small_tree_bytes = settings.small_tree_bytes;
  ask.device = &device;
  const auto store = kind.open(path, ask);
  store->put_all(round.data.all(round.data.shuffled));
  store->settle();

  std::vector<uint64_t> took_ns;
  took_ns.reserve(settings.seconds * 1'000'000);
  const double stalled_before = store->stall_seconds();
  Bystander bystander;
  device.switch_on();
  const double seconds = seconds_of([&] {
    store->put_timed_for(round.data.all(round.data.again), static_cast<double>(settings.seconds),
                         took_ns);
  });
  bystander.stop();
  const std::string name = kind.name + (flow == "smooth" ? "" : ", flow=" + flow);
  Sample out{round.round,    name,    "throttled", settings.throttle, "none", 1,
             took_ns.size(), seconds, {},          store->shape()};
  const auto passed = static_cast<double>(device.passed_bytes());
  const double stalled = store->stall_seconds() - stalled_before;
  const double idle_after = seconds_of([&] { store->wait_idle(); });
  device.switch_off();

  const uint64_t checked = std::min<uint64_t>(took_ns.size(), settings.num);
  if (store->right_values({round.data.again, round.data.values, 0, checked}) != checked) {
    throw std::runtime_error(name + ": it has lost what was put");
  }
  store->close();
  std::filesystem::remove_all(path);

  const auto puts = static_cast<double>(took_ns.size());
  // The list of waits is ours, not the store's; as much of it as was written to.
  const uint64_t list_bytes = took_ns.size() * sizeof took_ns[0];
  std::sort(took_ns.begin(), took_ns.end());
  const auto us = [&](double percent) {
    return static_cast<double>(percentile(took_ns, percent)) / 1e3;
  };
  const uint64_t most = bystander.most_bytes() - std::min(bystander.most_bytes(), list_bytes);
  out.figures = {
      {"puts_per_s", puts / seconds},
      {"puts_per_s_to_idle", puts / (seconds + idle_after)},
      {"idle_after_s", idle_after},
      {"p50_us", us(50)},
      {"p99_us", us(99)},
      {"p99.9_us", us(99.9)},
      {"p99.99_us", us(99.99)},
      {"max_us", us(100)},
      {"stalled_s", stalled},
      {"device_mib_per_s", passed / seconds / (1 << 20)},
      {"runs", static_cast<double>(out.shape.runs.value_or(0))},
      {"memory_mib", static_cast<double>(most - std::min(most, before_bytes)) / (1 << 20)},
      {"control_p99.9_us", bystander.late_us(99.9)},
      {"control_max_us", bystander.late_us(100)}};
  return out;
}

}  // namespace

void run_throttled(const OwnRound& round) {
  ThrottledDevice device(round.settings.throttle_bytes_per_s);
  for (const StoreKind& kind : round.kinds) {
    if (!kind.takes_device) continue;
    if (kind.name != "lsmkit") {
      round.emit(throttled_sample(round, kind, "smooth", device));
      continue;
    }
    for (const std::string& flow : round.settings.flows) {
      round.emit(throttled_sample(round, kind, flow, device));
    }
  }
}

}  // namespace lsmkit::bench
