// The ways in which the k-th operation on a disk fails, for tests that go through all of them.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>

#include "lsmkit/bytes/hash.h"
#include "lsmkit/vfs/fault_file_system.h"
#include "support/crash_session.h"

namespace lsmkit::test {

struct FaultKind {
  std::string name;
  Fault fault;  // its `at` is chosen

  Fault at(uint64_t k) const {
    Fault out = fault;
    out.at = k;
    return out;
  }
  // Only what fails in the log or the MANIFEST may: neither creates, opens, reads, links, closes or
  // removes a file while it is written.
  bool may_stop_writing() const {
    if (!fault.of) return true;
    switch (*fault.of) {
      case FileOperation::kCreate:
      case FileOperation::kOpen:
      case FileOperation::kRead:
      case FileOperation::kLink:
      case FileOperation::kClose:
      case FileOperation::kRemove:
        return false;
      default:
        return true;
    }
  }
  uint64_t operations_of(const FaultFileSystem& files) const {
    return fault.of ? files.operation_count(*fault.of) : files.operation_count();
  }
};

// No ENOENT and no EEXIST: who lies about what stands there is no faulty disk but another one.
inline const FaultKind kFaultKinds[] = {
    {"an error, once", {}},
    {"an error, for ever", {.times = Fault::kForEver}},
    {"an error though all was done", {.effect = FaultEffect::kDone}},
    {"permission denied, once", {.code = EACCES}},
    {"a full disk, once", {.code = ENOSPC}},
    {"a full disk that finds room again", {.times = 9, .code = ENOSPC}},
    {"no room for anything more",
     {.of = FileOperation::kAllocate, .times = Fault::kForEver, .code = ENOSPC}},
    {"half a write", {.of = FileOperation::kAppend, .effect = FaultEffect::kHalf}},
    {"a full disk that was found out half-way",
     {.of = FileOperation::kAppend,
      .times = Fault::kForEver,
      .code = ENOSPC,
      .effect = FaultEffect::kHalf}},
    {"a sync that loses all", {.of = FileOperation::kSync, .effect = FaultEffect::kUnsyncedLost}},
    {"syncs that lose all, for ever",
     {.of = FileOperation::kSync, .times = Fault::kForEver, .effect = FaultEffect::kUnsyncedLost}},
    {"no directory is synced any more", {.of = FileOperation::kSyncDir, .times = Fault::kForEver}},
    {"no file is closed well any more", {.of = FileOperation::kClose, .times = Fault::kForEver}},
    {"too many open files for a while", {.of = FileOperation::kOpen, .times = 5, .code = EMFILE}},
    {"no new files", {.of = FileOperation::kCreate, .times = Fault::kForEver, .code = EMFILE}},
    {"no new names", {.of = FileOperation::kRename, .times = Fault::kForEver, .code = EROFS}},
    {"nothing can be removed",
     {.of = FileOperation::kRemove, .times = Fault::kForEver, .code = EACCES}},
    {"nothing can be linked",
     {.of = FileOperation::kLink, .times = Fault::kForEver, .code = EMLINK}},
    {"nothing can be read", {.of = FileOperation::kRead, .times = Fault::kForEver}},
};

// One run in `stride`, always the same ones. They are drawn: at equal distances, runs whose length
// has a factor in common with the distance would show the same few of their operations for ever.
class Turns {
 public:
  // `more`: so many times as many, for runs that cost little.
  explicit Turns(uint64_t more = 1)
      : stride_(std::max<uint64_t>(1, from_environment("LSMKIT_FAULT_STRIDE", 151) / more)) {}
  bool is_mine() { return mix64(++count_) % stride_ == 0; }

 private:
  const uint64_t stride_;
  uint64_t count_ = 0;
};

}  // namespace lsmkit::test
