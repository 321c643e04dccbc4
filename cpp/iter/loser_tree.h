// Merges sorted sources, forwards: a tournament in which each inner node remembers who lost there,
// so taking the next entry costs one comparison per round. Monomorphic, and most comparisons are of
// two cached 8-byte key prefixes.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit {

// A Source stands on an entry or at its end: valid(), key(), seqno(), next(). Views it returns stay
// valid until its next(). A key is a byte string, or an integer. Among equal (key, seqno) the
// earlier source comes first.
template <class Source>
class LoserTree {
 public:
  using Key = decltype(std::declval<const Source&>().key());

  // The sources stay where they are while the tree lives, and only the tree moves them.
  explicit LoserTree(std::span<Source> sources)
      : sources_(sources), heads_(sources.size()), losers_(sources.size()) {
    const size_t n = sources_.size();
    if (n == 0) return;
    for (size_t i = 0; i < n; ++i) load(i);
    // Leaves are nodes n to 2n - 1, the parent of node i is i / 2, the final is node 1.
    std::vector<size_t> winners(2 * n);
    for (size_t i = 0; i < n; ++i) winners[n + i] = i;
    for (size_t node = n - 1; node >= 1; --node) {
      size_t winner = winners[2 * node];
      size_t loser = winners[2 * node + 1];
      if (before(loser, winner)) std::swap(winner, loser);
      winners[node] = winner;
      losers_[node] = loser;
    }
    winner_ = winners[1];
  }

  bool valid() const { return !heads_.empty() && !heads_[winner_].done; }
  // The source that stands on the next entry. Requires: valid()
  Source& top() const { return sources_[winner_]; }

  // Requires: valid()
  void next() {
    advance([](Source& source) { source.next(); });
  }

  // Likewise, `move` taking the source on.
  template <class Move>
  void advance(const Move& move) {
    move(sources_[winner_]);
    load(winner_);
    for (size_t node = (sources_.size() + winner_) / 2; node >= 1; node /= 2)
      if (before(losers_[node], winner_)) std::swap(losers_[node], winner_);
  }

  // The least key that another source than top() stands on, until next(); null if all others are at
  // their end. Costs a look at each.
  const Key* other_key() const {
    const Key* least = nullptr;
    for (size_t i = 0; i < heads_.size(); ++i)
      if (i != winner_ && !heads_[i].done && (least == nullptr || heads_[i].key < *least))
        least = &heads_[i].key;
    return least;
  }

 private:
  struct Head {
    bool done = true;
    uint64_t prefix = 0;
    Seqno seqno = 0;
    Key key{};
  };

  void load(size_t i) {
    Head& head = heads_[i];
    head.done = !sources_[i].valid();
    if (head.done) return;
    head.key = sources_[i].key();
    if constexpr (std::integral<Key>) {
      head.prefix = head.key;
    } else {
      head.prefix = key_prefix(head.key);
    }
    head.seqno = sources_[i].seqno();
  }

  bool before(size_t a, size_t b) const {
    const Head& x = heads_[a];
    const Head& y = heads_[b];
    if (x.done || y.done) return !x.done && y.done;
    if (x.prefix != y.prefix) return x.prefix < y.prefix;
    if constexpr (std::integral<Key>)
      return x.seqno != y.seqno ? x.seqno > y.seqno : a < b;
    else
      return comes_first(x, y, a < b);
  }

  static bool comes_first(const Head& x, const Head& y,
                          bool x_is_earlier) requires(!std::integral<Key>) {
    const int order = compare_internal(x.key, x.seqno, y.key, y.seqno);
    return order != 0 ? order < 0 : x_is_earlier;
  }

  std::span<Source> sources_;
  std::vector<Head> heads_;
  std::vector<size_t> losers_;
  size_t winner_ = 0;
};

}  // namespace lsmkit
