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

  // Items for which `goes_left` holds, and the rest. Requires: it holds for a prefix of the items.
  template <class GoesLeft>
  static std::pair<Root, Root> split(const Root& t, const GoesLeft& goes_left) {
    if (!t) return {};
    if (goes_left(t->item)) {
      auto [l, r] = split(t->right, goes_left);
      return {join(t->left, t->item, std::move(l)), std::move(r)};
    }
    auto [l, r] = split(t->left, goes_left);
    return {std::move(l), join(std::move(r), t->item, t->right)};
  }

  static Root build(std::span<Item> items) {
    if (items.empty()) return nullptr;
    const size_t middle = items.size() / 2;
    Root left = build(items.first(middle));
    Root right = build(items.subspan(middle + 1));
    return make(std::move(left), std::move(items[middle]), std::move(right));
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
