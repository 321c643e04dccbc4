// The one shape of sorted entries. Memtables, blocks, tables, runs and merges all walk like this.
#pragma once

#include <concepts>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// A cursor stands on an entry or nowhere. Entries come in internal order: user key ascending, seqno
// descending. What key() and value() return is valid until the cursor moves. A cursor that cannot
// read throws; it never pretends to be at the end.
//
//   valid()             whether it stands on an entry
//   seek_to_first()     the first entry
//   seek_to_last()      the last entry
//   seek(key, seqno)    the first entry at or after (key, seqno) in internal order: with kMaxSeqno
//                       the newest entry of the first key >= key
//   next(), prev()      Requires: valid()
//   key() seqno() kind() value()   Requires: valid()
template <class C>
concept Cursor = requires(C& c, const C& k, std::string_view key, Seqno seqno) {
  { k.valid() } -> std::same_as<bool>;
  c.seek_to_first();
  c.seek_to_last();
  c.seek(key, seqno);
  c.next();
  c.prev();
  { k.key() } -> std::convertible_to<std::string_view>;
  { k.seqno() } -> std::convertible_to<Seqno>;
  { k.kind() } -> std::same_as<Kind>;
  { k.value() } -> std::convertible_to<std::string_view>;
};

template <Cursor C>
Entry entry_at(const C& c) {
  return {c.key(), c.seqno(), c.kind(), c.value()};
}

}  // namespace lsmkit
