// What a merge has to know of the keys it goes through. The engine's are byte strings; a simulation
// holds ranks in a sorted list and looks bytes up only where a rule asks for them.
//
//   Keys     Key      ordered by <; what a Source's key() gives
//            Kept     holds a Key past the Source's next()
//            End      where a stretch of keys ends
//            Entry    what goes to the Sink
//          and the functions below.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// The end of a stretch of keys, in bytes: those below `key`, and it too if `inclusive`. Without a
// key there is none.
struct StretchEnd {
  std::optional<std::string_view> key;
  bool inclusive = false;
};

// The one that comes first.
inline StretchEnd earlier(const StretchEnd& a, const StretchEnd& b) {
  if (!a.key) return b;
  if (!b.key) return a;
  const int order = a.key->compare(*b.key);
  if (order == 0) return a.inclusive ? b : a;
  return order < 0 ? a : b;
}

struct ByteKeys {
  using Key = std::string_view;
  using Kept = std::string;
  using End = StretchEnd;
  using Entry = lsmkit::Entry;

  static std::string_view bytes(Key key) { return key; }
  static Key key_at(std::string_view bytes) { return bytes; }  // of a table's end
  static Key key_of(const Kept& kept) { return kept; }
  static void keep(Kept& kept, Key key) { kept.assign(key); }
  static int compare(Key a, Key b) { return a.compare(b); }
  static End end_at(const StretchEnd& end) { return end; }
  static bool is_before(Key key, const End& end) {
    if (!end.key) return true;
    const int order = key.compare(*end.key);
    return order < 0 || (order == 0 && end.inclusive);
  }
  template <class Source>
  static Entry entry_at(const Source& source) {
    return {source.key(), source.seqno(), source.kind(), source.value()};
  }
  static size_t key_bytes(const Entry& entry) { return entry.key.size(); }
  static size_t value_bytes(const Entry& entry) { return entry.value.size(); }
};

// Whose keys those of a Source are: its own, if it says so.
template <class Source>
struct KeysOf {
  using type = ByteKeys;
};
template <class Source>
requires requires {
  typename Source::Keys;
}
struct KeysOf<Source> {
  using type = typename Source::Keys;
};

template <class Source>
auto keys_of(const Source& source) {
  if constexpr (requires { source.keys(); }) {
    return source.keys();
  } else {
    return ByteKeys{};
  }
}

}  // namespace lsmkit
