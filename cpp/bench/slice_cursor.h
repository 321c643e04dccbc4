// The cursor of LevelDB and of RocksDB, which have kept the same iterator.
#pragma once

#include <memory>
#include <stdexcept>
#include <string_view>

namespace lsmkit::bench {

template <class Db, class Iterator>
class SliceCursor {
 public:
  explicit SliceCursor(Db& db) : db_(db) { renew(); }
  void renew() { it_.reset(db_.NewIterator({})); }
  void seek(std::string_view key) { it_->Seek({key.data(), key.size()}); }
  void seek_to_first() { it_->SeekToFirst(); }
  void seek_to_last() { it_->SeekToLast(); }
  void next() { it_->Next(); }
  void prev() { it_->Prev(); }
  bool valid() const {
    if (it_->Valid()) return true;
    if (!it_->status().ok()) throw std::runtime_error(it_->status().ToString());
    return false;
  }
  std::string_view key() const { return view(it_->key()); }
  std::string_view value() const { return view(it_->value()); }

 private:
  static std::string_view view(const auto& slice) { return {slice.data(), slice.size()}; }

  Db& db_;
  std::unique_ptr<Iterator> it_;
};

}  // namespace lsmkit::bench
