// RocksDB's files on the same throttled device as ours (vfs/throttled_device.h).
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "lsmkit/vfs/throttled_device.h"

namespace lsmkit::bench {

// `device` lives longer.
std::unique_ptr<rocksdb::Env> throttled_rocksdb_env(ThrottledDevice& device);

}  // namespace lsmkit::bench
