// Modelled tables on both sides of merge_tables.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/sim/records.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Bytes that stand for any value: only their number is looked at.
std::string_view any_value(size_t bytes);

// A Source: tables of one run, one after the other. `metas` are theirs, if they may pass whole.
class RecordSource {
 public:
  RecordSource(const KeyUniverse& keys, std::vector<const Records*> tables,
               const std::vector<TableRef>* metas)
      : keys_(&keys), tables_(std::move(tables)), metas_(metas) {
    enter();
  }

  bool valid() const { return records_ != nullptr; }
  std::string_view key() const { return keys_->key(records_->rank(at_)); }
  Seqno seqno() const { return records_->seqno(at_); }
  Kind kind() const { return records_->kind(at_); }
  std::string_view value() const { return any_value(records_->value_bytes(at_)); }
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
    do {
      records_ = next_ < tables_.size() ? tables_[next_++] : nullptr;
    } while (records_ != nullptr && records_->size() == 0);
  }

  const KeyUniverse* keys_;
  std::vector<const Records*> tables_;
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
  explicit RecordSink(const KeyUniverse& keys) : keys_(keys) {}

  void begin_table(TableNumber) {}
  void add(const Entry& entry);
  void end_table(TableMeta meta);

  std::vector<RecordTable> tables;

 private:
  const KeyUniverse& keys_;
  Records records_;
};

}  // namespace lsmkit
