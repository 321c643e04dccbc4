// A layered store that is written to, record by record. Start here.
//
// Records go to a buffer; when that has the target it is flushed as a layer over all pages (L0).
// After as many flushes as the fanout, what is due is compacted.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "lsmkit/layered/kept_history.h"
#include "lsmkit/layered/layer_read.h"
#include "lsmkit/layered/layered_tree.h"
#include "lsmkit/layered/page_uses.h"
#include "lsmkit/layered/record_store.h"

namespace lsmkit {

struct LayeredRunOptions {
  LayeredOptions layered;
  bool checks = false;  // of the invariants in layer_checks.h, after each compaction; slower
  uint64_t most_events = uint64_t{1} << 20;  // that are kept; later ones are only counted
};

class LayeredRun {
 public:
  // Throws InvalidArgument.
  explicit LayeredRun(const LayeredRunOptions& options);
  LayeredRun(const LayeredRun&) = delete;
  LayeredRun& operator=(const LayeredRun&) = delete;

  // These pages are in use from here in the log on, written or not; those that are written to are
  // anyway. Throws InvalidArgument: kMostPages.
  void use_pages(const PageRange& pages) { uses_.use(pages, log_bytes()); }
  // These are not, until they are used or written again; what they were stays readable below. As a
  // record that begins here it is seen by what is flushed next. Throws InvalidArgument: kMostPages.
  void drop_pages(const PageRange& pages) { uses_.drop(pages, log_bytes()); }
  // Throws InvalidArgument: a record has at least one byte and at most a target's.
  void ingest(PageNumber page, uint64_t bytes) {
    ensure(bytes > 0 && bytes <= most_record_bytes_,
           "a record must have at least one byte and at most target_bytes");
    store_.append(page, static_cast<uint32_t>(bytes));
    if (store_.buffered_bytes() > target_bytes_) flush_and_compact();
  }
  // What is in the buffer, if anything, becomes a layer.
  void flush();
  // Now, however little was flushed since. Returns whether there was anything to do.
  bool compact() { return tree_.compact(keyspace()); }
  // The horizon follows the log, and what need not be readable goes. Happens by itself after
  // compactions that are due.
  void collect();

  // Branches and leases: see Retention. Throw InvalidArgument, also above flushed_lsn().
  PinNumber pin(Lsn lsn) { return history_.pin(lsn); }
  PinNumber lease(Lsn lsn, double seconds) { return history_.lease(lsn, seconds); }
  void unpin(PinNumber number) { history_.unpin(number); }
  const Retention& retention() const { return history_.retention(); }

  // What rebuilds the page as it was at the LSN, of what is flushed. Nothing does if pages were
  // dropped and it is not in use there; of one that is in use again, nothing from before. Throws
  // InvalidArgument above flushed_lsn(), and below the horizon unless the LSN is pinned.
  LayerRead read(PageNumber page, Lsn lsn, std::vector<PackedRecord>* replayed = nullptr);

  // Is called in the midst of compactions, every so many records and jobs. What it throws leaves
  // the level that is being compacted as it was before, and the next compaction that is due to
  // compact it.
  void set_poll(const std::function<void()>& poll) {
    store_.set_poll(poll);
    tree_.set_poll(poll);
  }

  const LayeredTree& tree() const { return tree_; }
  const LayerMap& map() const { return tree_.map(); }
  const RecordStore& store() const { return store_; }
  // In use at flushed_lsn().
  const Keyspace& keyspace() const { return uses_.keyspace(); }
  const PageUses& page_uses() const { return uses_; }
  Lsn flushed_lsn() const { return tree_.flushed_lsn(); }
  uint64_t log_bytes() const { return store_.log().end(); }
  // The first options().most_events of tree().event_count().
  const std::vector<LayerEvent>& events() const { return events_; }

  // Bytes written to layers over bytes of the log; live bytes over those of the log, and over those
  // of the pages in use. 0 where there is nothing to divide by.
  double write_amp() const;
  double storage_amp_log() const;
  double storage_amp_logical() const;

 private:
  void flush_and_compact();

  const uint64_t target_bytes_;
  const uint64_t most_record_bytes_;
  const uint64_t most_events_;
  RecordStore store_;
  PageUses uses_;
  LayeredTree tree_;
  KeptHistory history_;
  LayerReader reader_;
  std::vector<LayerEvent> events_;
};

}  // namespace lsmkit
