// Shows a file of a database part by part, for people: `lsmkit dump`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lsmkit/vfs/file_system.h"

namespace lsmkit {

// Where a part starts, how long it is, what it is ("header", "chunk full", "batch", "put", "edit",
// "data block", "entry", "damage" ...) and what stands in it, in a line. What a container holds
// follows it as rows of their own.
using ShowPart = std::function<void(uint64_t offset, uint64_t bytes, std::string_view part,
                                    std::string_view text)>;

// The kind is told by the file's magic, not by its name; returns "wal", "manifest", "events" or
// "table". Damage is shown as a part, and the walk goes on where it can. Throws InvalidArgument for
// a file that is none of ours, NotSupported for one of a newer lsmkit, IoError.
std::string dump_file(FileSystem& files, const std::string& path, const ShowPart& show);

// The two shapes of files.
std::string dump_log(FileSystem& files, const std::string& path, const ShowPart& show);
void dump_table(FileSystem& files, const std::string& path, const ShowPart& show);

}  // namespace lsmkit
