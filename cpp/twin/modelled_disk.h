// Files on a device of the simulator's, to be waited at for real: what the engine meets on it is
// what a simulation in time reckons with.
//
// - All that is read and written passes the device, as if nothing else remembered it.
// - Who waits on its own gets its share: all logs are one stream, each thread's tables are another.
// - A log's bytes are on their way at once, up to `log_ahead_us` of the device's time, and waited
//   for by a sync alone, as in the system's page cache.
// - Of a table so much is written behind that a merge goes on meanwhile; nothing is read ahead.
// - A sync waits for its stream, and then as long as one request takes. So does a small read that
//   does not go on where the one before it ended.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lsmkit/twin/device_load.h"
#include "lsmkit/vfs/passing_file_system.h"

namespace lsmkit {

// Any thread.
class DeviceAtWork {
 public:
  DeviceAtWork(const Device& device, double log_ahead_us);

  // Returns where the log ends then.
  double append_to_log(uint64_t bytes);
  // Up to there.
  void sync_log(double end);
  // By this thread.
  void write_table(uint64_t bytes);
  void read_table(uint64_t bytes);
  void read_block(uint64_t bytes);
  void sync_table();
  // By this thread: a name, or anything else that takes a request and moves nothing.
  void request();

  const Device& device() const { return device_; }
  uint64_t passed_bytes() const;

 private:
  // Of what sleeps have taken too long so much is made good by shorter ones.
  static constexpr double kMostLateUs = 20'000;
  static constexpr double kBehindBytes = 256 << 10;  // of a thread's tables

  // Until the log has passed up to there; until this thread owes no more than that.
  void wait_for_log(double end);
  void wait_for_own(double until_bytes);
  template <class DueAt>
  void wait(DueAt&& due_at, bool owes_nothing_then);

  const Device device_;
  const double most_log_bytes_;
  mutable std::mutex mutex_;
  DeviceLoad load_;                                 // mutex_
  double log_end_ = 0;                              // mutex_; of all that was appended
  std::map<DeviceLoad::StreamId, double> late_us_;  // mutex_; by thread
};

// Nothing is synced below: this is for measuring, not for keeping.
class ModelledDisk final : public PassingFileSystem {
 public:
  // `below` and its files live longer than this and its files.
  ModelledDisk(FileSystem& below, const Device& device, double log_ahead_us)
      : PassingFileSystem(below), device_(device, log_ahead_us) {}

  std::unique_ptr<AppendFile> create(const std::string& path, AppendMode mode,
                                     uint64_t expected_bytes) override;
  std::unique_ptr<ReadFile> open(const std::string& path) override;
  void sync_dir(const std::string& path) override;

  const DeviceAtWork& device() const { return device_; }

 private:
  DeviceAtWork device_;
};

}  // namespace lsmkit
