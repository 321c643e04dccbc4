// Small healthy tables, one of each kind: raw and compressed, with and without filter and
// dictionary, with seqnos and without, one and two levels of index.
#pragma once

#include <string>
#include <vector>

#include "lsmkit/bytes/key.h"

namespace lsmkit::fuzz {

struct SampleEntry {
  std::string key;
  Seqno seqno = 0;
  Kind kind = Kind::kPut;
  std::string value;
  bool operator==(const SampleEntry&) const = default;
};

struct SampleTable {
  std::string bytes;
  std::vector<SampleEntry> entries;  // in internal order
};

const std::vector<SampleTable>& sample_tables();

}  // namespace lsmkit::fuzz
