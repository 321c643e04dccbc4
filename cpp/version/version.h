// Which tables stand in which run of which level: an immutable value. SEAM, see version/README notes in
// the floor's author's brief.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lsmkit/version/table_meta.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {

// A sorted run: disjoint tables in key order. Copying shares; an edit copies one path.
class Run {
 public:
  RunId id() const;
  size_t table_count() const;
  uint64_t weight() const;
  uint64_t file_bytes() const;
  uint64_t entry_count() const;
  uint64_t tombstone_count() const;
  Seqno smallest_seqno() const;
  Seqno largest_seqno() const;
  std::string_view smallest_key() const;
  std::string_view largest_key() const;
  std::vector<TableRef> tables() const;                   // in key order
  template <class F> void for_each(F&& f) const;          // f(const TableRef&), in key order
  // Tables whose key range meets [smallest, largest], both inclusive.
  std::vector<TableRef> overlapping(std::string_view smallest, std::string_view largest) const;
  uint64_t overlapping_weight(std::string_view smallest, std::string_view largest) const;
  bool overlaps(std::string_view smallest, std::string_view largest) const;
};

struct Level {
  std::vector<Run> runs;  // newest first
  uint64_t weight() const;
  uint64_t file_bytes() const;
  size_t table_count() const;
};

class Version {
 public:
  unsigned level_count() const;  // one more than the deepest level that may hold tables
  const Level& level(unsigned number) const;
  const std::string& cursor(unsigned level) const;  // round robin continues above this key
  uint64_t weight() const;
  size_t table_count() const;
  uint64_t entry_count() const;
  // Numbered invariants; throws std::logic_error naming the one that does not hold.
  void check_invariants() const;
};

Version apply(const Version&, const VersionEdit&);  // pure

}  // namespace lsmkit
