// Modelled tables on both sides of merge_tables.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/rules/merge_keys.h"
#include "lsmkit/sim/file_model.h"
#include "lsmkit/sim/merged_records.h"
#include "lsmkit/sim/records.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Keys are ranks; a rule's bound becomes one by a search, once per stretch of keys.
class RankKeys {
 public:
  using Key = KeyRank;
  using Kept = KeyRank;
  using End = uint64_t;  // the first rank that is no longer before it
  using Entry = SimRecord;

  explicit RankKeys(const KeyUniverse& universe) : universe_(&universe) {}

  std::string_view bytes(Key key) const { return universe_->key(key); }
  Key key_at(std::string_view bytes) const { return universe_->rank_of(bytes).value(); }
  static Key key_of(Kept kept) { return kept; }
  static void keep(Kept& kept, Key key) { kept = key; }
  static int compare(Key a, Key b) { return a < b ? -1 : a > b; }
  End end_at(const StretchEnd& end) const {
    if (!end.key) return UINT64_MAX;
    return universe_->count_below(*end.key, end.inclusive);
  }
  static bool is_before(Key key, End end) { return key < end; }
  static constexpr End kNoEnd = UINT64_MAX;
  static End before(Key key) { return key; }
  static End earlier(End a, End b) { return a < b ? a : b; }
  bool have_one_width() const { return universe_->have_one_width(); }
  template <class Source>
  static Entry entry_at(const Source& source) {
    return source.record();
  }
  size_t key_bytes(const Entry& entry) const { return universe_->key_bytes(entry.key); }
  static size_t value_bytes(const Entry& entry) { return entry.value_bytes; }

 private:
  const KeyUniverse* universe_;
};

class RecordsTogether;

// A Source: tables of one run, one after the other. `metas` are theirs, if they may pass whole.
class RecordSource {
 public:
  using Keys = RankKeys;
  using Together = RecordsTogether;

  RecordSource(const KeyUniverse& universe, std::vector<const Records*> tables,
               const std::vector<TableRef>* metas)
      : keys_(universe), tables_(std::move(tables)), metas_(metas) {
    enter();
  }

  const RankKeys& keys() const { return keys_; }
  bool valid() const { return records_ != nullptr; }
  KeyRank key() const { return records_->rank(at_); }
  Seqno seqno() const { return records_->seqno(at_); }
  SimRecord record() const { return (*records_)[at_]; }
  void next() {
    if (++at_ == records_->size()) enter();
  }

  uint64_t stretch_weight() const { return stretch_weight_; }
  size_t stretch_before(uint64_t end) const {
    return std::min(records_->count_below(at_, end), records_->next_repeat(at_ + 1) - at_);
  }
  KeyRank key_ahead(size_t i) const { return records_->rank(at_ + i); }
  Seqno seqno_ahead(size_t i) const { return records_->seqno(at_ + i); }
  StretchSeqnos seqnos_ahead(size_t count, Seqno zeroed_up_to) const {
    return records_->seqnos(at_, count, zeroed_up_to);
  }
  void skip(size_t count) {
    at_ += count;
    if (at_ == records_->size()) enter();
  }
  void copy_to(Records& out, size_t count, Seqno zeroed_up_to) const {
    out.append_puts(*records_, at_, count, zeroed_up_to);
  }

  // Keys from here on may be taken together with others' before this one: the next table's, or one
  // that comes again.
  uint64_t together_before() const {
    const size_t repeat = records_->next_repeat(at_ + 1);
    return repeat < records_->size() ? records_->rank(repeat)
                                     : uint64_t{records_->rank(records_->size() - 1)} + 1;
  }
  RecordPiece piece_before(uint64_t end) const {
    const size_t count = records_->count_below(at_, end);
    const std::span<const Seqno> seqnos = records_->seqnos();
    return {records_->ranks().subspan(at_, count),
            seqnos.empty() ? seqnos : seqnos.subspan(at_, count), records_->seqno(0)};
  }

  const TableRef* table_ahead() const {
    return metas_ != nullptr && at_ == 0 ? &(*metas_)[next_ - 1] : nullptr;
  }
  void skip_table() { enter(); }

 private:
  void enter() {
    at_ = 0;
    records_ = next_ < tables_.size() ? tables_[next_++] : nullptr;
    const bool alike = records_ != nullptr && keys_.have_one_width() && records_->are_alike();
    stretch_weight_ =
        alike ? weight_of(keys_.key_bytes((*records_)[0]), records_->value_bytes(0)) : 0;
  }

  RankKeys keys_;
  std::vector<const Records*> tables_;  // none is empty
  const std::vector<TableRef>* metas_;
  size_t next_ = 0;
  const Records* records_ = nullptr;
  size_t at_ = 0;
  uint64_t stretch_weight_ = 0;  // 0: records of this table have to be looked at one by one
};

// What several sources go on with, merged: of each at most the rest of a table.
class RecordsTogether : public MergedRecords {
 public:
  // Up to `end`; false, and nothing was taken, where looking at them one by one is as good.
  // `tables_may_pass`: none is begun but that of `top`.
  bool take(std::span<RecordSource> sources, const RecordSource& top, uint64_t end,
            Seqno hiding_up_to, bool tables_may_pass) {
    constexpr size_t kFewest = 16;
    for (const RecordSource& source : sources) {
      if (!source.valid()) continue;
      const bool stays = source.stretch_weight() != top.stretch_weight() ||
                         (tables_may_pass && &source != &top && source.table_ahead() != nullptr);
      end = std::min<uint64_t>(end, stays ? source.key() : source.together_before());
    }
    size_t total = 0, taken_from = 0;
    pieces_.resize(sources.size());
    for (size_t i = 0; i < sources.size(); ++i) {
      pieces_[i] = sources[i].valid() ? sources[i].piece_before(end) : RecordPiece{};
      total += pieces_[i].ranks.size();
      taken_from += !pieces_[i].ranks.empty();
    }
    if (taken_from < 2 || total < kFewest) return false;
    const SimRecord like = top.record();
    if (!merge(pieces_, hiding_up_to, like.value_bytes, top.stretch_weight())) return false;
    for (size_t i = 0; i < sources.size(); ++i)
      if (!pieces_[i].ranks.empty()) sources[i].skip(pieces_[i].ranks.size());
    return true;
  }

 private:
  std::vector<RecordPiece> pieces_;
};

struct RecordTable {
  TableRef meta;
  std::shared_ptr<const Records> records;
};

class RecordSink {
 public:
  // With a shape, files are as large as that makes them; else as their weight.
  RecordSink(const KeyUniverse& keys, std::optional<TableShape> shape, uint64_t now_us)
      : keys_(keys), shape_(std::move(shape)), now_us_(now_us) {}

  void begin_table(TableNumber) {}
  void add(const SimRecord& record) { records_.push_back(record); }
  template <class Source>
  void add_stretch(const Source& source, size_t count, Seqno zeroed_up_to) {
    source.copy_to(records_, count, zeroed_up_to);
  }
  void end_table(TableMeta meta) {
    meta.file_bytes = shape_ ? file_bytes_of(records_, keys_, *shape_) : meta.weight;
    meta.created_us = now_us_;
    tables.push_back({std::make_shared<const TableMeta>(std::move(meta)),
                      std::make_shared<const Records>(records_)});
    records_.clear();
  }

  std::vector<RecordTable> tables;

 private:
  const KeyUniverse& keys_;
  const std::optional<TableShape> shape_;
  const uint64_t now_us_;
  Records records_;  // of the open table; a copy of it has just the room that it needs
};

}  // namespace lsmkit
