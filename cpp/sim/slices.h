// What a modelled table holds, without its records: slices of the key space, each with the share of
// keys that have a record here. Keys that are equally popular form a group; groups are spread
// evenly over the key space.
//
// A key is met here by chance or in its turn:
//   chance   draws with replacement. `absent` is the share of a group's keys that no draw met.
//   Draws
//            are independent, so merging multiplies it.
//   turns    draws that come to each key once a round (a load in random order). Of one round each
//            key is in one table only, so merging adds; the last two rounds are told apart.
// A key is hit unless it was met by neither: hit = 1 - (1 - turns 0) (1 - turns 1) absent. Where
// keys are deleted, two more shares of a group say which hits are no value: `dead`, whose newest
// record here is a tombstone, and `gone`, whose tombstone was dropped, so that nothing is stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lsmkit {

// What all tables of a run have in common.
struct KeyGroups {
  std::vector<double> shares{1};  // of all keys, by group; their sum is 1
  bool deletes = false;
  double key_bytes = 16;

  size_t count() const { return shares.size(); }
  size_t row_size() const { return deletes ? 3 * count() : count(); }
};

struct Slice {
  uint64_t begin = 0;  // ranks
  uint64_t end = 0;
  std::array<double, 2> turns{};
  double value_bytes = 0;  // of a value, on average

  double length() const { return static_cast<double>(end - begin); }
  double missed() const { return (1 - turns[0]) * (1 - turns[1]); }  // by turns
};

// Records on average: of a slice, or of each of its keys.
struct RecordCount {
  double all = 0;
  double tombstones = 0;
};

// Slices in key order, disjoint, each with a row of shares: absent, and dead and gone if there are
// deletes.
class Slices {
 public:
  explicit Slices(const KeyGroups& groups)
      : group_count_(groups.count()), row_size_(groups.row_size()) {}

  size_t size() const { return slices_.size(); }
  bool empty() const { return slices_.empty(); }
  const Slice& operator[](size_t i) const { return slices_[i]; }
  Slice& operator[](size_t i) { return slices_[i]; }
  const Slice& back() const { return slices_.back(); }

  // Shares of slice i, by group. dead and gone: where there are deletes only.
  double* absent(size_t i) { return &rows_[i * row_size_]; }
  double* dead(size_t i) { return absent(i) + group_count_; }
  double* gone(size_t i) { return absent(i) + 2 * group_count_; }
  const double* absent(size_t i) const { return &rows_[i * row_size_]; }
  const double* dead(size_t i) const { return absent(i) + group_count_; }
  const double* gone(size_t i) const { return absent(i) + 2 * group_count_; }

  // Nobody was met in it yet.
  void append(const Slice& slice);
  // Slice i of `other`, with other bounds.
  void append(const Slices& other, size_t i, uint64_t begin, uint64_t end);
  void clear();
  void shrink();
  uint64_t allocated_bytes() const;

  // Records per key of slice i, and in all of them.
  RecordCount density(const KeyGroups& groups, size_t i) const;
  RecordCount count(const KeyGroups& groups) const;
  // By how much the number of records in slice i varies, per key: each key has one or not.
  double variance(const KeyGroups& groups, size_t i) const;

  // Slice i and the next become one with as many records of each group.
  void join(size_t i);
  // Joins neighbours that differ least, until few slices are left that differ by much and not many
  // at all.
  void coalesce(const KeyGroups& groups);

 private:
  size_t group_count_;
  size_t row_size_;
  std::vector<Slice> slices_;
  std::vector<double> rows_;
};

}  // namespace lsmkit
