#include "lsmkit/compaction/table_check.h"

#include <string>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void check_table(const Table& table, const TableMeta& due, const std::function<void()>& poll) {
  table.verify(poll);
  const TableProperties& found = table.properties();
  if (found.entry_count == due.entry_count && found.smallest_key == due.smallest.key &&
      found.largest_key == due.largest.key) {
    return;
  }
  throw CorruptionError(
      table.path(), 0,
      "found " + std::to_string(found.entry_count) + " entries from '" +
          printable(found.smallest_key) + "' to '" + printable(found.largest_key) +
          "', due by the MANIFEST are " + std::to_string(due.entry_count) + " from '" +
          printable(due.smallest.key) + "' to '" + printable(due.largest.key) + "'");
}

}  // namespace lsmkit
