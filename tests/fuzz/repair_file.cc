// Puts right the checksums of any file of a database.
#include "lsmkit/format/table_format.h"
#include "lsmkit/log/log_header.h"
#include "repair.h"

namespace lsmkit::fuzz {

void repair_file(std::string& file) {
  if (file.starts_with(kTableMagic)) repair_table(file);
  if (file.starts_with(kLogMagic)) repair_log(file);
}

}  // namespace lsmkit::fuzz
