// Modelled tables on both sides of merge_tables.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/rules/merge_keys.h"
#include "lsmkit/sim/records.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Keys are ranks; a rule's bound becomes one by a search, once per stretch of keys.
class RankKeys {
 public:
  using Key = KeyRank;
  using Kept = KeyRank;
  using End = uint64_t;  // the first rank that is no longer before it
  using Entry = Record;

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
  template <class Source>
  static Entry entry_at(const Source& source) {
    return source.record();
  }
  size_t key_bytes(const Entry& entry) const { return universe_->key_bytes(entry.key); }
  static size_t value_bytes(const Entry& entry) { return entry.value_bytes; }

 private:
  const KeyUniverse* universe_;
};

// A Source: tables of one run, one after the other. `metas` are theirs, if they may pass whole.
class RecordSource {
 public:
  using Keys = RankKeys;

  RecordSource(const KeyUniverse& universe, std::vector<const Records*> tables,
               const std::vector<TableRef>* metas)
      : keys_(universe), tables_(std::move(tables)), metas_(metas) {
    enter();
  }

  const RankKeys& keys() const { return keys_; }
  bool valid() const { return records_ != nullptr; }
  KeyRank key() const { return records_->rank(at_); }
  Seqno seqno() const { return records_->seqno(at_); }
  Record record() const { return (*records_)[at_]; }
  void next() {
    if (++at_ == records_->size()) enter();
  }

  const TableRef* table_ahead() const {
    return metas_ != nullptr && at_ == 0 ? &(*metas_)[next_ - 1] : nullptr;
  }
  void skip_table() { enter(); }

 private:
  void enter() {
    at_ = 0;
    records_ = next_ < tables_.size() ? tables_[next_++] : nullptr;
  }

  RankKeys keys_;
  std::vector<const Records*> tables_;  // none is empty
  const std::vector<TableRef>* metas_;
  size_t next_ = 0;
  const Records* records_ = nullptr;
  size_t at_ = 0;
};

struct RecordTable {
  TableRef meta;
  std::shared_ptr<const Records> records;
};

class RecordSink {
 public:
  explicit RecordSink(uint64_t now_us) : now_us_(now_us) {}

  void begin_table(TableNumber) {}
  void add(const Record& record) { records_.push_back(record); }
  void end_table(TableMeta meta) {
    meta.file_bytes = meta.weight;
    meta.created_us = now_us_;
    records_.shrink();
    tables.push_back({std::make_shared<const TableMeta>(std::move(meta)),
                      std::make_shared<const Records>(std::exchange(records_, {}))});
  }

  std::vector<RecordTable> tables;

 private:
  const uint64_t now_us_;
  Records records_;
};

}  // namespace lsmkit
