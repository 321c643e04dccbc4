#include "lsmkit/sim/exact_tree.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/rules/flow.h"

namespace lsmkit {

ExactTree::ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options,
                     const std::optional<ReadOptions>& reads)
    : keys_(std::move(keys)), options_(options), newest_(keys_) {
  if (!reads) return;
  reads_ = std::make_unique<ExactReads>(keys_, *reads);
  scans_ = reads->scans;
}

ExactTree::ExactTree(std::shared_ptr<const KeyUniverse> keys, const CompactionOptions& options,
                     ExactStart start, std::optional<FileModel> files,
                     const std::optional<ReadOptions>& reads)
    : ExactTree(std::move(keys), options, reads) {
  files_ = std::move(files);
  start_from(std::move(start));
}

// ---- Writing.

void ExactTree::put(KeyRank rank, uint32_t value_bytes) {
  const SimWrite one{rank, Kind::kPut, value_bytes};
  write({&one, 1});
}

void ExactTree::remove(KeyRank rank) {
  const SimWrite one{rank, Kind::kDelete, 0};
  write({&one, 1});
}

void ExactTree::write(std::span<const SimWrite> writes) {
  commit(writes);
  if (memtable_is_full()) flush();
}

void ExactTree::check(const SimWrite& write) const {
  if (write.rank >= keys_->size())
    throw InvalidArgument("key " + std::to_string(write.rank) + " of " +
                          std::to_string(keys_->size()) + " keys is written");
  if (write.kind != Kind::kPut && write.kind != Kind::kDelete)
    throw NotSupported("only puts and deletes can be simulated");
  if (write.value_bytes > kMaxValueBytes)
    throw InvalidArgument("a value of " + std::to_string(write.value_bytes) + " bytes; at most " +
                          std::to_string(kMaxValueBytes) + " are allowed");
}

void ExactTree::commit(std::span<const SimWrite> commit) {
  if (commit.empty()) return;
  for (const SimWrite& write : commit) check(write);
  ++last_seqno_;
  if (commit.size() == 1) {
    count_user_write(commit.front());
    insert(commit.front());
    return;
  }
  std::map<KeyRank, const SimWrite*> last_words;
  for (const SimWrite& write : commit) {
    count_user_write(write);
    last_words[write.rank] = &write;
  }
  for (const auto& [rank, write] : last_words) insert(*write);
}

bool ExactTree::memtable_is_full() const {
  return lsmkit::memtable_is_full(memtable_.weight, options_.memtable_weight);
}

void ExactTree::count_user_write(const SimWrite& write) {
  const size_t key_bytes = keys_->key_bytes(write.rank);
  const bool is_delete = write.kind == Kind::kDelete;
  const uint32_t value_bytes = is_delete ? 0 : write.value_bytes;
  ++(is_delete ? counters_.deletes : counters_.puts);
  counters_.user_key_bytes += key_bytes;
  counters_.user_value_bytes += value_bytes;
  counters_.user_weight += weight_of(key_bytes, value_bytes);
}

void ExactTree::insert(const SimWrite& write) {
  const bool is_delete = write.kind == Kind::kDelete;
  const uint32_t value_bytes = is_delete ? 0 : write.value_bytes;
  const size_t key_bytes = keys_->key_bytes(write.rank);
  memtable_.records.push_back({write.rank, last_seqno_, write.kind, value_bytes});
  memtable_.weight += weight_of(key_bytes, value_bytes);
  memtable_.largest_seqno = last_seqno_;
  if (scans_) in_memory_.insert(write.rank);
}

const NewestRecords& ExactTree::newest() const {
  newest_.take(std::span(memtable_.records).subspan(taken_));
  taken_ = memtable_.records.size();
  return newest_;
}

Seqno ExactTree::pin() {
  pins_.insert(last_seqno_);
  return last_seqno_;
}

void ExactTree::unpin(Seqno seqno) {
  const auto pin = pins_.find(seqno);
  if (pin == pins_.end())
    throw InvalidArgument("nothing is pinned at seqno " + std::to_string(seqno));
  pins_.erase(pin);
}

// ---- Reading.

void ExactTree::get(const SoughtKey& key) {
  if (!reads_) return;
  const auto newest = key.absent ? NewestRecords::Newest{} : this->newest()[key.rank];
  if (newest.seqno > flushed_seqno_) {
    reads_->count_get_in_memory(newest.is_live());
  } else {
    reads_->get(key);
  }
}

void ExactTree::scan(KeyRank first, uint64_t entries) {
  if (!scans_) return;
  const auto in_memory = [this](uint64_t from) -> std::optional<KeyRank> {
    if (from > UINT32_MAX) return std::nullopt;
    const auto next = in_memory_.lower_bound(static_cast<KeyRank>(from));
    return next == in_memory_.end() ? std::nullopt : std::optional(*next);
  };
  reads_->scan(first, entries, in_memory,
               [&now = newest()](KeyRank rank) { return now[rank].is_live(); });
}

std::vector<LevelReadCounts> ExactTree::level_read_counts() const {
  return reads_ ? reads_->levels() : std::vector<LevelReadCounts>{};
}

// ---- Checks.

namespace {

std::string text_of(const SimRecord& record) {
  return (record.kind == Kind::kDelete ? "delete" : std::to_string(record.value_bytes) + " B") +
         " at seqno " + std::to_string(record.seqno);
}

}  // namespace

// Every place that may hold the key, newest first, until `f` returns true.
void ExactTree::for_each_record(
    KeyRank rank, const std::function<bool(const std::string& where, const SimRecord&)>& f) const {
  std::vector<SimRecord> fresh;
  const auto gather = [&](const Memtable& memtable) {
    for (const SimRecord& record : memtable.records)
      if (record.key == rank) fresh.push_back(record);
  };
  gather(memtable_);
  for (const Memtable& memtable : sealed_) gather(memtable);
  std::sort(fresh.begin(), fresh.end(),
            [](const SimRecord& a, const SimRecord& b) { return a.seqno > b.seqno; });
  for (const SimRecord& record : fresh)
    if (f("a memtable", record)) return;
  const std::string_view key = keys_->key(rank);
  for (unsigned n = 0; n < version_.level_count(); ++n) {
    for (const Run& run : version_.level(n).runs) {
      for (const TableRef& table : run.overlapping(key, key)) {
        const Records& records = *contents_.at(table->number);
        for (size_t i = records.first_of(rank); i < records.size() && records.rank(i) == rank; ++i)
          if (f("L" + std::to_string(n) + " " + to_text(table->number), records[i])) return;
      }
    }
  }
}

// One look at each record, newest first, so the first of a key is the one that a reader sees.
void ExactTree::check_contents() const {
  std::vector<bool> seen(keys_->size());
  const auto see = [&](const SimRecord& record) {
    if (seen[record.key]) return;
    seen[record.key] = true;
    check_newest(record.key, record);
  };
  const auto see_all = [&](const Memtable& memtable) {
    std::for_each(memtable.records.rbegin(), memtable.records.rend(), see);
  };
  see_all(memtable_);
  std::for_each(sealed_.rbegin(), sealed_.rend(), see_all);
  for (unsigned n = 0; n < version_.level_count(); ++n) {
    for (const Run& run : version_.level(n).runs) {
      run.for_each([&](const TableRef& table) {
        const Records& records = *contents_.at(table->number);
        for (size_t i = 0; i < records.size(); ++i) see(records[i]);
      });
    }
  }
  if (options_.layout == Layout::kFifo) return;  // there a key may have grown old, and dropped
  for (uint64_t rank = 0; rank < seen.size(); ++rank)
    if (!seen[rank]) check_newest(static_cast<KeyRank>(rank), std::nullopt);
}

void ExactTree::check_newest(KeyRank rank, const std::optional<SimRecord>& found) const {
  const NewestRecords::Newest& due = newest()[rank];
  const bool live = found && found->kind == Kind::kPut;
  const bool same_seqno = !found || found->seqno == due.seqno || found->seqno == 0;
  if (live == due.is_live() && same_seqno && (!live || found->value_bytes == due.value_bytes))
    return;
  std::string text = "key '" + std::string(keys_->key(rank)) + "' was last written as ";
  text +=
      due.seqno == 0
          ? "nothing"
          : text_of({rank, due.seqno, due.deleted ? Kind::kDelete : Kind::kPut, due.value_bytes});
  text += "; the simulated tree holds";
  bool any = false;
  for_each_record(rank, [&](const std::string& where, const SimRecord& record) {
    text += (any ? ", " : " ") + text_of(record) + " in " + where;
    any = true;
    return false;
  });
  throw std::logic_error(text + (any ? "" : " nothing of it"));
}

}  // namespace lsmkit
