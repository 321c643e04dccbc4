// Puts right the checksums of files that were changed, so that a fuzzer gets past them. Reads the
// files on its own, by FORMAT.md, and believes nothing either.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lsmkit::fuzz {

// Header, footer, data blocks that the index names, index (partitions too), filter, properties and
// dictionary.
void repair_table(std::string& file);

// Header, and every chunk from the first on for as long as lengths lead to the next one.
void repair_log(std::string& file);

// By the file's magic; strangers stay as they are.
void repair_file(std::string& file);

}  // namespace lsmkit::fuzz
