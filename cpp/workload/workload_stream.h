// A workload's operations, one after the other: what an engine is driven by, and the exact
// simulator. The same seed gives the same operations on every machine; memory is the choosers'
// alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "lsmkit/workload/key_chooser.h"
#include "lsmkit/workload/key_encoder.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

struct Operation {
  uint64_t number = 0;  // of the workload's operations, from 0; the version of what it writes
  uint64_t key_id = 0;
  uint64_t size = 0;  // bytes of the value to write, or entries to scan
  uint32_t phase = 0;
  uint32_t client = 0;
  OpKind kind = OpKind::kPut;
  bool absent = false;      // of a get: for the key behind key_id's, which nobody put
  bool synced = false;      // as the rest of its batch
  bool ends_batch = false;  // commit now
};

class WorkloadStream {
 public:
  // Throws InvalidArgument, as check() does.
  explicit WorkloadStream(WorkloadSpec spec);
  WorkloadStream(const WorkloadStream&) = delete;
  WorkloadStream& operator=(const WorkloadStream&) = delete;

  // The next operation; false at the end of the last phase.
  bool next(Operation& operation);

  // A phase in a closed loop that ends after a time goes on until whoever has the clock says this.
  void end_phase();

  const WorkloadSpec& spec() const { return spec_; }
  // The phase of the operation that comes next. Requires: not at the end.
  const Phase& phase() const { return spec_.phases[phase_]; }
  // Ids that there are now, and, of a queue or window, the oldest that nobody took.
  uint64_t key_count() const { return key_count_; }
  uint64_t oldest_key() const { return oldest_key_; }
  const KeyEncoder& encoder() const { return encoder_; }

  // The bytes of an operation's key and value. Replace `out`.
  void make_key(const Operation& operation, std::string& out) const;
  void make_value(const Operation& operation, std::string& out) const;

 private:
  void begin_phase();
  OpKind draw_kind();
  void choose_key(Operation& operation);
  void choose_in_window(Operation& operation);
  uint64_t add_key();

  const WorkloadSpec spec_;
  const KeyEncoder encoder_;

  uint32_t phase_ = 0;
  uint64_t operations_ = 0;
  uint64_t key_count_;
  uint64_t oldest_key_ = 0;

  // Of the phase.
  uint64_t ops_left_ = 0;
  uint64_t bytes_left_ = 0;
  uint64_t batch_left_ = 0;
  uint64_t batches_ = 0;
  bool batch_synced_ = false;
  std::optional<OpKind> only_kind_;
  std::optional<uint64_t> only_size_;                // of a value
  std::array<uint64_t, kOpKindCount> kind_below_{};  // a draw below it is of this kind or before
  std::optional<KeyChooser> chooser_;                // none for a queue
  bool in_window_ = false;
  Random kinds_{0};
  Random sizes_{0};
  Random syncs_{0};
  Random absences_{0};
};

}  // namespace lsmkit
