// A balanced tree that is never changed: every operation returns a new root that shares all it can
// with the old one. Nodes carry sums over their subtree.
//
// An AVL tree built from one primitive, join(left, item, right). Its depth is logarithmic whatever
// the items are, so hostile table numbers cannot make recursion deep.
//
//   Sums   is constructible from (item, left sums or null, right sums or null); it may keep
//   pointers
//          to items, which stay put as long as the node lives.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lsmkit {

template <class Item, class Sums>
struct PersistentTree {
  struct Node;
  using Root = std::shared_ptr<const Node>;  // null: empty

  struct Node {
    Node(Root l, Item i, Root r)
        : item(std::move(i)),
          left(std::move(l)),
          right(std::move(r)),
          height(1 + (left_height() > right_height() ? left_height() : right_height())),
          sums(item, left ? &left->sums : nullptr, right ? &right->sums : nullptr) {}
    Node(const Node&) = delete;

    const Item item;
    const Root left;
    const Root right;
    const unsigned height;
    const Sums sums;

   private:
    unsigned left_height() const { return left ? left->height : 0; }
    unsigned right_height() const { return right ? right->height : 0; }
  };

  static unsigned height(const Root& t) { return t ? t->height : 0; }

  // Everything in `left`, then `item`, then everything in `right`, whatever their heights.
  static Root join(Root left, Item item, Root right) {
    if (height(left) > height(right) + 1) {
      Root inner = join(left->right, std::move(item), std::move(right));
      return balance(left->left, left->item, std::move(inner));
    }
    if (height(right) > height(left) + 1) {
      Root inner = join(std::move(left), std::move(item), right->left);
      return balance(std::move(inner), right->item, right->right);
    }
    return make(std::move(left), std::move(item), std::move(right));
  }

  static Root join(Root left, Root right) {
    if (!left) return right;
    if (!right) return left;
    auto [rest, last] = split_last(left);
    return join(std::move(rest), std::move(last), std::move(right));
  }

  // The tree without the items whose keys are in `gone` and with `added`, both ascending and
  // without doubles. An added item takes the place of a gone one with the same key; if its key
  // stands and stays, clash(standing, added) is called, which throws. Requires: all of `gone`
  // stands.
  template <class Key, class KeyOf, class Clash>
  static Root edited(const Root& t, std::span<const Key> gone, std::span<Item> added,
                     const KeyOf& key_of, const Clash& clash) {
    if (gone.empty() && added.empty()) return t;
    if (!t) return build(added);
    const Key key = key_of(t->item);
    const auto gone_at =
        static_cast<size_t>(std::lower_bound(gone.begin(), gone.end(), key) - gone.begin());
    const auto added_at = static_cast<size_t>(
        std::partition_point(added.begin(), added.end(),
                             [&](const Item& item) { return key_of(item) < key; }) -
        added.begin());
    const bool goes = gone_at < gone.size() && gone[gone_at] == key;
    const bool comes = added_at < added.size() && key_of(added[added_at]) == key;
    if (comes && !goes) clash(t->item, added[added_at]);

    Root left = edited(t->left, gone.first(gone_at), added.first(added_at), key_of, clash);
    Root right = edited(t->right, gone.subspan(gone_at + goes), added.subspan(added_at + comes),
                        key_of, clash);
    if (goes && !comes) return join(std::move(left), std::move(right));
    return join(std::move(left), comes ? added[added_at] : t->item, std::move(right));
  }

  static Root build(std::span<Item> items) {
    if (items.empty()) return nullptr;
    const size_t middle = items.size() / 2;
    Root left = build(items.first(middle));
    Root right = build(items.subspan(middle + 1));
    return make(std::move(left), std::move(items[middle]), std::move(right));
  }

  // The first item for which `holds`, or null. Requires: it holds for a suffix of the items.
  template <class Holds>
  static const Item* first_where(const Root& t, const Holds& holds) {
    const Item* found = nullptr;
    for (const Node* node = t.get(); node != nullptr;) {
      const bool here = holds(node->item);
      if (here) found = &node->item;
      node = here ? node->left.get() : node->right.get();
    }
    return found;
  }

  // The last item for which `holds`, or null. Requires: it holds for a prefix of the items.
  template <class Holds>
  static const Item* last_where(const Root& t, const Holds& holds) {
    const Item* found = nullptr;
    for (const Node* node = t.get(); node != nullptr;) {
      const bool here = holds(node->item);
      if (here) found = &node->item;
      node = here ? node->right.get() : node->left.get();
    }
    return found;
  }

  template <class F>
  static void for_each(const Root& t, F&& f) {
    if (!t) return;
    for_each(t->left, f);
    f(t->item);
    for_each(t->right, f);
  }

 private:
  static Root make(Root l, Item item, Root r) {
    return std::make_shared<const Node>(std::move(l), std::move(item), std::move(r));
  }

  // As make, for children whose heights differ by up to two: rotates the taller one up.
  static Root balance(Root l, Item item, Root r) {
    if (height(r) > height(l) + 1) {
      if (height(r->left) > height(r->right)) {
        const Root& top = r->left;
        return make(make(std::move(l), std::move(item), top->left), top->item,
                    make(top->right, r->item, r->right));
      }
      return make(make(std::move(l), std::move(item), r->left), r->item, r->right);
    }
    if (height(l) > height(r) + 1) {
      if (height(l->right) > height(l->left)) {
        const Root& top = l->right;
        return make(make(l->left, l->item, top->left), top->item,
                    make(top->right, std::move(item), std::move(r)));
      }
      return make(l->left, l->item, make(l->right, std::move(item), std::move(r)));
    }
    return make(std::move(l), std::move(item), std::move(r));
  }

  static std::pair<Root, Item> split_last(const Root& t) {
    if (!t->right) return {t->left, t->item};
    auto [rest, last] = split_last(t->right);
    return {balance(t->left, t->item, std::move(rest)), std::move(last)};
  }
};

}  // namespace lsmkit
