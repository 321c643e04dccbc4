// What a run is asked to do: the command line, checked.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace lsmkit::bench {

struct Settings {
  uint64_t num = 1'000'000;  // entries of a filled store, and operations of a workload
  int rounds = 3;
  size_t value_bytes = 100;
  uint64_t cache_bytes = 256 << 20;
  bool compression = false;
  uint64_t seed = 1;
  std::vector<unsigned> threads{1};
  std::vector<std::string> stores;     // all that are known, if not named
  std::vector<std::string> workloads;  // likewise
  std::vector<std::pair<std::string, std::string>> lsmkit_options;  // over what is chosen for all
  std::string throttle = "slow";  // of the workload throttled: a device's name or MiB/s
  uint64_t throttle_bytes_per_s = uint64_t{30} << 20;
  uint64_t seconds = 20;                                // likewise
  std::vector<std::string> flows{"smooth", "rocksdb"};  // likewise: lsmkit's rules of flow control
  uint64_t small_tree_bytes = 4 << 20;                  // likewise: its memtables and tables
  std::string dir = ".";
  std::string json;  // where to; empty: nowhere
  bool help = false;
};

// The command line is wrong; the message says what would do.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Settings settings_from(const std::vector<std::string>& arguments);
std::string help_text();

}  // namespace lsmkit::bench
