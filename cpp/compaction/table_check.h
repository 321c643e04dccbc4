// Whether a table holds what is said of it.
#pragma once

#include <functional>

#include "lsmkit/sst/table.h"
#include "lsmkit/version/table_meta.h"

namespace lsmkit {

// Reads every block (Table::verify) and compares with what the MANIFEST says. Throws
// CorruptionError. `poll` is called now and then and may throw.
void check_table(const Table& table, const TableMeta& due, const std::function<void()>& poll);

}  // namespace lsmkit
