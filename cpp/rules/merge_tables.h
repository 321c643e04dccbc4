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
// A Source over tables may also pass them whole (rules: may_pass); it then has
//              const TableRef* table_ahead() const;   whose first entry it stands on, or null
//              void skip_table();                     to the first entry of the one after
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

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
  std::vector<TableRef> passed;  // tables that stay as they are, in key order; in no other count
};

template <class Source>
concept PassesTables = requires(Source& source) {
  source.table_ahead();
  source.skip_table();
};

// What the parts of a job come to.
MergeCounts total(std::span<const MergeCounts> parts);

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
      const Cut cut = cutter_.before(entry.key, open_weight());
      if (cut != Cut::kNo) end_table();
      if (cut == Cut::kPart) begin_part();
    }
    if (!table_) begin_table();
    sink_.add(entry);
    table_->add(entry);
  }

  // A part may begin at `key`, which comes next: then the open table ends before it.
  void enter(std::string_view key) {
    if (!cutter_.begins_part(key)) return;
    end_table();
    begin_part();
  }

  void end_table() {
    if (!table_) return;
    sink_.end_table(table_->take());
    table_.reset();
  }

  uint64_t table_count() const { return table_count_; }
  uint64_t open_weight() const { return table_ ? table_->weight() : 0; }

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

// Takes the table that the merge stands before to the output as it is, if it may; `key` is then the
// last one in it.
template <class Source, class Sink>
bool pass_table(const MergeRules& rules, LoserTree<Source>& merge, bool& any_key, std::string& key,
                TableSplitter<Sink>& tables, MergeCounts& counts) {
  const TableRef* ahead = merge.top().table_ahead();
  if (ahead == nullptr) return false;
  const TableRef table = *ahead;
  tables.enter(table->smallest.key);
  const auto last_key = any_key ? std::optional<std::string_view>(key) : std::nullopt;
  if (!may_pass(rules, *table, last_key, merge.other_key(), tables.open_weight())) return false;
  tables.end_table();
  counts.passed.push_back(table);
  key = table->largest.key;
  any_key = true;
  merge.advance([](Source& source) { source.skip_table(); });
  return true;
}

// Sources come newest first, and may hold the records of one part only: the tables are those that
// the whole merge would make of them, and `rules` then promises no count. Throws std::logic_error
// if they are out of order or the records don't add up.
template <class Source, class Sink>
MergeCounts merge_tables(const MergeRules& rules, std::span<Source> sources, Sink& sink) {
  LoserTree<Source> merge(sources);
  RecordFilter filter(rules);
  TableSplitter<Sink> tables(rules, sink);
  MergeCounts counts;
  std::string key;  // of the record before
  Seqno seqno = 0;
  bool any_key = false;
  bool key_went_out = false;

  while (merge.valid()) {
    Source& source = merge.top();
    if constexpr (PassesTables<Source>) {
      if (rules.pass_through && pass_table(rules, merge, any_key, key, tables, counts)) continue;
    }
    Entry entry{source.key(), source.seqno(), source.kind(), source.value()};
    const int order = any_key ? std::string_view(key).compare(entry.key) : -1;
    if (order > 0 || (order == 0 && seqno <= entry.seqno))
      throw std::logic_error("a merge met records out of order");
    const bool new_key = order != 0;
    if (new_key) {
      key.assign(entry.key);
      key_went_out = false;
    }
    seqno = entry.seqno;
    any_key = true;
    ++counts.in_entries;

    const Keep keep = filter.decide(entry.key, new_key, entry.seqno, entry.kind);
    if (keep == Keep::kDrop) {
      ++counts.dropped_entries;
      counts.dropped_tombstones += entry.kind == Kind::kDelete;
      merge.next();
      continue;
    }
    if (keep == Keep::kKeepZeroed && entry.seqno != 0) {
      entry.seqno = 0;
      ++counts.zeroed_seqnos;
    }
    tables.add(entry, !key_went_out);
    key_went_out = true;
    ++counts.out_entries;
    merge.next();
  }
  tables.end_table();
  counts.table_count = tables.table_count();
  check_balance(counts, rules);
  return counts;
}

}  // namespace lsmkit
