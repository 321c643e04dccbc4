// A workload as the commits that it makes, each with its moment: what both sides of a twin are
// driven by, and the exact simulator alone.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "lsmkit/bytes/key.h"
#include "lsmkit/sim/lockstep_clock.h"
#include "lsmkit/workload/workload_stream.h"

namespace lsmkit {

// A write as the workload has it; an id, not yet a rank.
struct WorkloadWrite {
  uint64_t key_id = 0;
  Kind kind = Kind::kPut;
  uint32_t value_bytes = 0;
};

struct WorkloadRead {
  uint64_t key_id = 0;
  uint64_t scan_entries = 0;  // 0: a get
  bool absent = false;
};

class WorkloadDriver {
 public:
  // Throws InvalidArgument as check() does, NotSupported as check_simulated().
  explicit WorkloadDriver(WorkloadSpec spec);

  // On to the next commit that writes, or to one of nothing after many reads; false: the workload
  // is over.
  bool next_commit();
  std::span<const WorkloadWrite> commit() const { return commit_; }
  // What was read since the commit before, by operations before this one was committed.
  std::span<const WorkloadRead> reads() const { return reads_; }

  // All below count what came before and in the commit.
  uint64_t now_us() const { return clock_.now_us(); }
  uint64_t ops() const { return ops_; }
  uint64_t ops_of(OpKind kind) const { return ops_by_kind_[static_cast<size_t>(kind)]; }
  uint32_t phase() const { return phase_; }
  // Ids that there are: all that came were below.
  uint64_t key_count() const { return stream_.key_count(); }
  const WorkloadStream& stream() const { return stream_; }

 private:
  void take(const Operation& op);

  WorkloadStream stream_;
  LockstepClock clock_;
  std::vector<WorkloadWrite> commit_;
  std::vector<WorkloadRead> reads_;
  uint64_t ops_ = 0;
  std::array<uint64_t, kOpKindCount> ops_by_kind_{};
  uint32_t phase_ = UINT32_MAX;  // none yet
  double phase_end_us_ = 0;      // of a closed loop that ends after a time; 0: another end
};

// Throws InvalidArgument as check() does, NotSupported for what no simulation of records follows.
void check_simulated(const WorkloadSpec& spec);

// Whether it ever gets (or scans).
bool gets(const WorkloadSpec& spec);
bool scans(const WorkloadSpec& spec);

// How many operations come; 0: that depends (on sizes, or on the driver's clock).
uint64_t op_count(const WorkloadSpec& spec);

}  // namespace lsmkit
