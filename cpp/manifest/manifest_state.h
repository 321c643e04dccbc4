// All that a database must remember beside its tables and logs: the sum of its edits.
#pragma once

#include <cstdint>
#include <string>

#include "lsmkit/version/version.h"
#include "lsmkit/version/version_edit.h"

namespace lsmkit {

struct ManifestState {
  Version version;
  Seqno last_seqno = 0;
  JobNumber next_job{1};
  LogNumber next_log{1};
  LogNumber oldest_log{1};
  Seqno flushed_seqno = 0;
  Seqno history_floor = 0;
  Counters counters;
  std::string options;      // as text, see Options
  std::string typed_codec;  // empty: untyped
  UnknownFields unknown;
};

// Requires: the edit fits the version (apply(Version) says when not).
void apply(ManifestState& state, const VersionEdit& edit);

// The edit that makes `state` from nothing.
VersionEdit whole_edit(const ManifestState& state);

}  // namespace lsmkit
