#include "lsmkit/manifest/manifest_state.h"

#include <algorithm>

namespace lsmkit {
namespace {

template <class T>
void take(T& field, const std::optional<T>& changed) {
  if (changed) field = *changed;
}

}  // namespace

void apply(ManifestState& state, const VersionEdit& edit) {
  state.version = apply(state.version, edit);
  take(state.last_seqno, edit.last_seqno);
  take(state.next_job, edit.next_job);
  take(state.next_log, edit.next_log);
  take(state.oldest_log, edit.oldest_log);
  take(state.flushed_seqno, edit.flushed_seqno);
  take(state.counters, edit.counters);
  take(state.options, edit.options);
  take(state.typed_codec, edit.typed_codec);
  // The floor never falls.
  if (edit.history_floor) state.history_floor = std::max(state.history_floor, *edit.history_floor);
  for (const auto& field : edit.unknown) {
    std::erase_if(state.unknown, [&](const auto& old) { return old.first == field.first; });
    state.unknown.push_back(field);
  }
}

VersionEdit whole_edit(const ManifestState& state) {
  VersionEdit edit = full_edit(state.version);
  edit.last_seqno = state.last_seqno;
  edit.next_job = state.next_job;
  edit.next_log = state.next_log;
  edit.oldest_log = state.oldest_log;
  edit.flushed_seqno = state.flushed_seqno;
  edit.history_floor = state.history_floor;
  edit.counters = state.counters;
  edit.options = state.options;
  edit.typed_codec = state.typed_codec;
  edit.unknown = state.unknown;
  return edit;
}

}  // namespace lsmkit
