// The merge itself, one code for engine and simulator: sorted sources in, tables out. It decides
// which record is kept, where a table is cut and how it is numbered and summed up; the Sink only
// stores.
//
//   Source   stands on an entry or at its end, entries in internal order:
//              bool valid() const; std::string_view key(), value(); Seqno seqno(); Kind kind();
//              void next();            may throw
//            key() and value() stay valid until next(). A Cursor is a Source once it has been set
//            to its first entry.
//   Sink       void begin_table(TableNumber);
//              void add(const Entry&);   in internal order
//              void end_table(TableMeta);   complete but for id, file_bytes, codec, created_us
//            Anything it throws ends the merge.
//
// Pass-through of whole tables will be one more, optional, question to a Source: the bounds of the
// table it stands at the start of.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "lsmkit/iter/loser_tree.h"
#include "lsmkit/rules/merge_rules.h"
#include "lsmkit/rules/output_cutter.h"
#include "lsmkit/rules/record_filter.h"
#include "lsmkit/rules/table_summary.h"

namespace lsmkit {

struct MergeCounts {
  uint64_t in_entries = 0;
  uint64_t out_entries = 0;
  uint64_t dropped_entries = 0;
  uint64_t dropped_tombstones = 0;  // of the dropped
  uint64_t zeroed_seqnos = 0;       // of those that went out
  uint64_t table_count = 0;
};

// Throws std::logic_error if the counts don't agree with each other and with what the inputs' metas
// promised: then records were lost or made up, and nothing of the output may be used.
void check_balance(const MergeCounts& counts, const MergeRules& rules);

// Opens, numbers and sums up the tables between a merge and its sink.
template <class Sink>
class TableSplitter {
 public:
  TableSplitter(const MergeRules& rules, Sink& sink)
      : sink_(sink), job_(rules.job), cutter_(rules.cut) {}

  // `new_key`: no record of this user key went out before.
  void add(const Entry& entry, bool new_key) {
    if (new_key) {
      const Cut cut = cutter_.before(entry.key, table_ ? table_->weight() : 0);
      if (cut != Cut::kNo) end_table();
      if (cut == Cut::kPart) begin_part();
    }
    if (!table_) begin_table();
    sink_.add(entry);
    table_->add(entry);
  }

  void end_table() {
    if (!table_) return;
    sink_.end_table(table_->take());
    table_.reset();
  }

  uint64_t table_count() const { return table_count_; }

 private:
  void begin_part() {
    part_ = cutter_.part();
    if (part_ >= 1u << kPartBits) throw std::logic_error("a job has too many parts");
    position_ = 0;
  }
  void begin_table() {
    if (position_ == 1u << kPositionBits) throw std::logic_error("a part has too many tables");
    const TableNumber number = pack_table_number(job_, part_, position_++);
    sink_.begin_table(number);
    table_.emplace(number);
    ++table_count_;
  }

  Sink& sink_;
  const JobNumber job_;
  OutputCutter cutter_;
  std::optional<TableSummary> table_;
  uint32_t part_ = 0;
  uint32_t position_ = 0;
  uint64_t table_count_ = 0;
};

// Sources come newest first. Throws std::logic_error if they are out of order or the records don't
// add up.
template <class Source, class Sink>
MergeCounts merge_tables(const MergeRules& rules, std::span<Source> sources, Sink& sink) {
  LoserTree<Source> merge(sources);
  RecordFilter filter(rules);
  TableSplitter<Sink> tables(rules, sink);
  MergeCounts counts;
  std::string key;  // of the record before
  Seqno seqno = 0;
  bool key_went_out = false;

  for (; merge.valid(); merge.next()) {
    Source& source = merge.top();
    Entry entry{source.key(), source.seqno(), source.kind(), source.value()};
    const int order = counts.in_entries == 0 ? -1 : std::string_view(key).compare(entry.key);
    if (order > 0 || (order == 0 && seqno <= entry.seqno))
      throw std::logic_error("a merge met records out of order");
    const bool new_key = order != 0;
    if (new_key) {
      key.assign(entry.key);
      key_went_out = false;
    }
    seqno = entry.seqno;
    ++counts.in_entries;

    const Keep keep = filter.decide(entry.key, new_key, entry.seqno, entry.kind);
    if (keep == Keep::kDrop) {
      ++counts.dropped_entries;
      counts.dropped_tombstones += entry.kind == Kind::kDelete;
      continue;
    }
    if (keep == Keep::kKeepZeroed && entry.seqno != 0) {
      entry.seqno = 0;
      ++counts.zeroed_seqnos;
    }
    tables.add(entry, !key_went_out);
    key_went_out = true;
    ++counts.out_entries;
  }
  tables.end_table();
  counts.table_count = tables.table_count();
  check_balance(counts, rules);
  return counts;
}

}  // namespace lsmkit
