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
// A Source whose keys are no byte strings says what they are: `using Keys`, `Keys keys() const`
// (merge_keys.h).
//
// A Source that knows many of its entries to be alike may give them in stretches; it then has
//              uint64_t stretch_weight() const;    of each of the entries from here on, puts of
//                                  different keys; 0: they have to be looked at one by one
//              size_t stretch_before(End) const;   how many, with keys before that
//              Key key_ahead(size_t) const;        of those that follow
//              Seqno seqno_ahead(size_t) const;
//              StretchSeqnos seqnos_ahead(size_t, Seqno zeroed_up_to) const;
//              void skip(size_t);
//            and its Sink void add_stretch(const Source&, size_t, Seqno zeroed_up_to). What becomes
//            of an entry is the same as one by one.
// Stretches of several such Sources may be merged ahead: they say by what, `using Together`. It is
// a Source of stretches itself, of what it took last, and has
//              bool take(std::span<Source>, const Source& top, End, Seqno hiding_up_to,
//                        bool tables_may_pass);   false: nothing was taken
//              size_t size() const;    records that it took, newest of their keys
//              size_t hidden() const;  and that those hide, with seqnos up to hiding_up_to
//              Key last_key() const;
//              Seqno last_seqno() const;
#pragma once

#include <algorithm>
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

template <class Source>
concept HasStretches = requires(const Source& source) {
  source.stretch_weight();
};

template <class Source>
concept GoesTogether = requires {
  typename Source::Together;
};
template <class Source>
struct TogetherOf {
  struct type {};
};
template <GoesTogether Source>
struct TogetherOf<Source> {
  using type = typename Source::Together;
};

// What the parts of a job come to.
MergeCounts total(std::span<const MergeCounts> parts);

// Throws std::logic_error if the counts don't agree with each other and with what the inputs' metas
// promised: then records were lost or made up, and nothing of the output may be used.
void check_balance(const MergeCounts& counts, const MergeRules& rules);

// Opens, numbers and sums up the tables between a merge and its sink.
template <class Keys, class Sink>
class TableSplitter {
 public:
  using Key = typename Keys::Key;

  TableSplitter(const MergeRules& rules, const Keys& keys, Sink& sink)
      : keys_(keys), sink_(sink), job_(rules.job), cutter_(rules.cut) {}

  // `new_key`: no record of this user key went out before.
  void add(const typename Keys::Entry& entry, bool new_key) {
    if (new_key) {
      const Cut cut = cut_before(entry.key);
      if (cut != Cut::kNo) end_table();
      if (cut == Cut::kPart) begin_part();
    }
    if (!table_) begin_table();
    sink_.add(entry);
    table_->add(entry);
  }

  // A stretch of entries from source's next on, before `end` and before where another question may
  // be due: how many have gone out.
  template <class Source>
  size_t add_stretch(const Source& source, typename Keys::End end, Seqno zeroed_up_to) {
    const uint64_t weight = source.stretch_weight();
    const Cut cut = cut_before(source.key());
    if (cut != Cut::kNo) end_table();
    if (cut == Cut::kPart) begin_part();
    const uint64_t room = std::max<uint64_t>(cutter_.steady_weight(open_weight()), weight);
    const size_t count = std::min<size_t>(source.stretch_before(Keys::earlier(end, steady_end_)),
                                          (room + weight - 1) / weight);
    if (!table_) begin_table();
    sink_.add_stretch(source, count, zeroed_up_to);
    const StretchSeqnos seqnos = source.seqnos_ahead(count, zeroed_up_to);
    table_->add_stretch(source, count, seqnos);
    stretch_zeroed_ += seqnos.zeroed;
    return count;
  }

  // A part may begin at `key`, which comes next: then the open table ends before it.
  void enter(std::string_view key) {
    if (!cutter_.begins_part(key)) return;
    is_steady_ = false;
    end_table();
    begin_part();
  }

  void end_table() {
    if (!table_) return;
    sink_.end_table(table_->take());
    table_.reset();
  }

  uint64_t table_count() const { return table_count_; }
  // In stretches.
  uint64_t zeroed_seqnos() const { return stretch_zeroed_; }
  uint64_t open_weight() const { return table_ ? table_->weight() : 0; }

 private:
  Cut cut_before(Key key) {
    if (is_steady_ && keys_.is_before(key, steady_end_))
      return cutter_.before_unless_heavy(open_weight());
    const Cut cut = cutter_.before(keys_.bytes(key), open_weight());
    steady_end_ = keys_.end_at(cutter_.steady_until());
    is_steady_ = true;
    return cut;
  }
  void begin_part() {
    part_ = cutter_.part();
    if (part_ >= 1u << kPartBits) throw std::logic_error("a job has too many parts");
    position_ = 0;
  }
  void begin_table() {
    if (position_ == 1u << kPositionBits) throw std::logic_error("a part has too many tables");
    const TableNumber number = pack_table_number(job_, part_, position_++);
    sink_.begin_table(number);
    table_.emplace(keys_, number);
    ++table_count_;
  }

  const Keys keys_;
  Sink& sink_;
  const JobNumber job_;
  OutputCutter cutter_;
  bool is_steady_ = false;
  typename Keys::End steady_end_{};
  std::optional<TableSummary<Keys>> table_;
  uint32_t part_ = 0;
  uint32_t position_ = 0;
  uint64_t table_count_ = 0;
  uint64_t stretch_zeroed_ = 0;
};

// What older runs may hold, asked once per stretch of keys.
template <class Keys>
class OlderRunsAhead {
 public:
  OlderRunsAhead(const Keys& keys, RecordFilter& filter) : keys_(keys), filter_(filter) {}

  typename Keys::End answer_end() const { return end_; }
  bool may_hold(typename Keys::Key key) {
    if (!is_known_ || !keys_.is_before(key, end_)) {
      may_hold_ = filter_.look_up(keys_.bytes(key));
      end_ = keys_.end_at(filter_.answer_end());
      is_known_ = true;
    }
    return may_hold_;
  }

 private:
  const Keys keys_;
  RecordFilter& filter_;
  bool is_known_ = false;
  bool may_hold_ = false;
  typename Keys::End end_{};
};

// Takes the table that the merge stands before to the output as it is, if it may; `key` is then the
// last one in it.
template <class Source, class Keys, class Sink>
bool pass_table(const MergeRules& rules, const Keys& keys, LoserTree<Source>& merge, bool& any_key,
                typename Keys::Kept& key, TableSplitter<Keys, Sink>& tables, MergeCounts& counts) {
  const TableRef* ahead = merge.top().table_ahead();
  if (ahead == nullptr) return false;
  const TableRef table = *ahead;
  tables.enter(table->smallest.key);
  std::optional<std::string_view> last_key, other_key;
  if (any_key) last_key = keys.bytes(keys.key_of(key));
  if (const auto* other = merge.other_key()) other_key = keys.bytes(*other);
  if (!may_pass(rules, *table, last_key, other_key, tables.open_weight())) return false;
  tables.end_table();
  counts.passed.push_back(table);
  keys.keep(key, keys.key_at(table->largest.key));
  any_key = true;
  merge.advance([](Source& source) { source.skip_table(); });
  return true;
}

// Takes entries of the source that the merge stands on in one go, up to where another source, a
// rule or the weight of a table may want a say. 0: the next entry has to be looked at by itself.
template <class Source, class Keys, class Sink>
size_t take_stretch(LoserTree<Source>& merge, RecordFilter& filter,
                    OlderRunsAhead<Keys>& older_runs, TableSplitter<Keys, Sink>& tables,
                    MergeCounts& counts) {
  const Source& source = merge.top();
  typename Keys::End end = Keys::kNoEnd;
  if (const auto* other = merge.other_key()) end = Keys::before(*other);
  if (source.stretch_weight() == 0 || !Keys::is_before(source.key(), end)) return 0;
  Seqno zeroed_up_to = 0;
  if (filter.may_zero()) {
    zeroed_up_to = filter.zeroed_up_to(older_runs.may_hold(source.key()));
    end = Keys::earlier(end, older_runs.answer_end());
  }
  const size_t count = tables.add_stretch(source, end, zeroed_up_to);
  counts.in_entries += count;
  counts.out_entries += count;
  return count;
}

// Likewise of several sources, merged; the merge has to be begun again then. False: none was taken.
template <class Source, class Keys, class Sink>
bool take_together(const MergeRules& rules, std::span<Source> sources, const Source& top,
                   RecordFilter& filter, OlderRunsAhead<Keys>& older_runs,
                   typename Source::Together& together, TableSplitter<Keys, Sink>& tables,
                   MergeCounts& counts) {
  if (top.stretch_weight() == 0 || filter.hiding_up_to() == 0) return false;
  typename Keys::End end = Keys::kNoEnd;
  Seqno zeroed_up_to = 0;
  if (filter.may_zero()) {
    zeroed_up_to = filter.zeroed_up_to(older_runs.may_hold(top.key()));
    end = older_runs.answer_end();
  }
  if (!together.take(sources, top, end, filter.hiding_up_to(), rules.pass_through)) return false;
  counts.in_entries += together.size() + together.hidden();
  counts.dropped_entries += together.hidden();
  counts.out_entries += together.size();
  while (together.valid()) together.skip(tables.add_stretch(together, Keys::kNoEnd, zeroed_up_to));
  return true;
}

// Sources come newest first, and may hold the records of one part only: the tables are those that
// the whole merge would make of them, and `rules` then promises no count. Throws std::logic_error
// if they are out of order or the records don't add up.
template <class Source, class Sink>
MergeCounts merge_tables(const MergeRules& rules, std::span<Source> sources, Sink& sink) {
  if (sources.empty()) return {};
  const auto keys = keys_of(sources.front());
  using Keys = typename KeysOf<Source>::type;
  LoserTree<Source> merge(sources);
  RecordFilter filter(rules);
  OlderRunsAhead<Keys> older_runs(keys, filter);
  TableSplitter<Keys, Sink> tables(rules, keys, sink);
  [[maybe_unused]] typename TogetherOf<Source>::type together;
  MergeCounts counts;
  typename Keys::Kept key{};  // of the record before
  Seqno seqno = 0;
  bool any_key = false;
  bool key_went_out = false;

  while (merge.valid()) {
    Source& source = merge.top();
    if constexpr (PassesTables<Source>) {
      if (rules.pass_through && pass_table(rules, keys, merge, any_key, key, tables, counts))
        continue;
    }
    if constexpr (HasStretches<Source>) {
      if (!any_key || keys.compare(keys.key_of(key), source.key()) < 0) {
        if constexpr (GoesTogether<Source>) {
          if (take_together(rules, sources, source, filter, older_runs, together, tables, counts)) {
            keys.keep(key, together.last_key());
            seqno = together.last_seqno();
            filter.pass_by(seqno);
            any_key = key_went_out = true;
            merge = LoserTree<Source>(sources);
            continue;
          }
        }
        if (const size_t count = take_stretch(merge, filter, older_runs, tables, counts)) {
          keys.keep(key, source.key_ahead(count - 1));
          seqno = source.seqno_ahead(count - 1);
          filter.pass_by(seqno);
          any_key = key_went_out = true;
          merge.advance([count](Source& on) { on.skip(count); });
          continue;
        }
      }
    }
    typename Keys::Entry entry = keys.entry_at(source);
    const int order = any_key ? keys.compare(keys.key_of(key), entry.key) : -1;
    if (order > 0 || (order == 0 && seqno <= entry.seqno))
      throw std::logic_error("a merge met records out of order");
    const bool new_key = order != 0;
    if (new_key) {
      keys.keep(key, entry.key);
      key_went_out = false;
    }
    seqno = entry.seqno;
    any_key = true;
    ++counts.in_entries;

    const Keep keep = filter.decide(new_key, entry.seqno, entry.kind,
                                    [&] { return older_runs.may_hold(entry.key); });
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
  counts.zeroed_seqnos += tables.zeroed_seqnos();
  check_balance(counts, rules);
  return counts;
}

}  // namespace lsmkit
