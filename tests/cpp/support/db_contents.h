// All that a database shows, for comparing it with a model.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lsmkit/db/db.h"
#include "lsmkit/db/db_cursor.h"

namespace lsmkit::test {

using Contents = std::map<std::string, std::string>;

inline Contents contents_of(Db& db, std::shared_ptr<const Snapshot> snapshot = nullptr) {
  Contents out;
  const auto cursor = db.cursor({}, std::move(snapshot));
  for (cursor->seek_to_first(); cursor->valid(); cursor->next()) {
    out.emplace(cursor->key(), cursor->value());
  }
  return out;
}

inline Contents contents_backwards(Db& db) {
  Contents out;
  const auto cursor = db.cursor({});
  for (cursor->seek_to_last(); cursor->valid(); cursor->prev()) {
    out.emplace(cursor->key(), cursor->value());
  }
  return out;
}

}  // namespace lsmkit::test
