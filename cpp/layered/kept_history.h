// What of the past a layered store keeps: the horizon that follows the log, branches and leases
// that pin LSNs below it, images at the bottom, and the layers that go. It acts on the tree alone,
// so it is the same whatever the layers hold.
#pragma once

#include <functional>
#include <vector>

#include "lsmkit/layered/keyspace.h"
#include "lsmkit/layered/layered_tree.h"
#include "lsmkit/layered/retention.h"

namespace lsmkit {

class KeptHistory {
 public:
  // What was in use at an LSN that stays readable.
  using KeyspaceAt = std::function<Keyspace(Lsn)>;

  // Throws InvalidArgument. Requires: `tree` outlives it.
  KeptHistory(LayeredTree& tree, KeyspaceAt keyspace_at);

  bool keeps_all() const { return retention_.keeps_all(); }
  Lsn horizon() const { return retention_.horizon(); }
  const Retention& retention() const { return retention_; }

  // The horizon follows the log.
  void advance() { retention_.advance(tree_.flushed_lsn()); }
  // Images where they are due, then what need not be readable goes.
  void collect();
  // No read goes below, and no delta that lives begins below.
  Lsn least_lsn() const;

  // See Retention. Throw InvalidArgument, also above what is flushed.
  PinNumber pin(Lsn lsn);
  PinNumber lease(Lsn lsn, double seconds);
  void unpin(PinNumber number) { retention_.unpin(number); }

  // Whether a read that must be possible comes to a record there. Looks at each image by itself,
  // as a check of what was concluded from all of them.
  bool is_needed(PageNumber page, Lsn lsn) const;
  // Likewise of a delta of these pages and LSNs: to any record that it may have.
  bool is_needed(const PageRange& pages, const LsnRange& lsns) const;

 private:
  void add_bottom_images();
  // Pinned, then the horizon.
  std::vector<Lsn> readable() const;

  LayeredTree& tree_;
  const KeyspaceAt keyspace_at_;
  Retention retention_;
};

}  // namespace lsmkit
