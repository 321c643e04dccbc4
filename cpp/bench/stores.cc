#include "stores.h"

#include <cstdio>

namespace lsmkit::bench {

const std::vector<std::string>& known_stores() {
  static const std::vector<std::string> names{"lsmkit", "rocksdb", "leveldb", "lmdb"};
  return names;
}

std::vector<StoreKind> stores_built_in() {
  std::vector<StoreKind> out{lsmkit_kind()};
#ifdef LSMKIT_WITH_ROCKSDB
  out.push_back(rocksdb_kind());
#endif
#ifdef LSMKIT_WITH_LEVELDB
  out.push_back(leveldb_kind());
#endif
#ifdef LSMKIT_WITH_LMDB
  out.push_back(lmdb_kind());
#endif
  return out;
}

std::string to_text(const Shape& shape) {
  std::string out = shape.other;
  const auto add = [&](const std::string& more) { out += (out.empty() ? "" : ", ") + more; };
  if (shape.idle) add(*shape.idle ? "idle" : "at work");
  if (shape.runs) {
    std::string levels;
    for (size_t n = 0; n < shape.level_tables.size(); ++n) {
      if (shape.level_tables[n] == 0) continue;
      levels += (levels.empty() ? "L" : ", L") + std::to_string(n) + ":" +
                std::to_string(shape.level_tables[n]);
    }
    add(std::to_string(*shape.runs) + (*shape.runs == 1 ? " run" : " runs") +
        (levels.empty() ? "" : " (" + levels + ")"));
  }
  if (shape.memtable_fill) {
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.0f%%", *shape.memtable_fill * 100);
    add(std::string("memtable ") + percent);
  }
  return out;
}

}  // namespace lsmkit::bench
