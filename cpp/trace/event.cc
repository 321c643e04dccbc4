#include "lsmkit/trace/event.h"

#include <algorithm>
#include <cstdio>

namespace lsmkit {

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::kKeyframe:
      return "keyframe";
    case EventKind::kOpen:
      return "open";
    case EventKind::kClose:
      return "close";
    case EventKind::kSeal:
      return "seal";
    case EventKind::kFlush:
      return "flush";
    case EventKind::kCompaction:
      return "compaction";
    case EventKind::kTrivialMove:
      return "trivial move";
    case EventKind::kStallBegin:
      return "stall begins";
    case EventKind::kStallEnd:
      return "stall ends";
    case EventKind::kSyncError:
      return "sync error";
    case EventKind::kJobError:
      return "job error";
    case EventKind::kOptions:
      return "options";
  }
  return "unknown";
}

Rectangle rectangle_of(uint32_t level, RunId run, const TableMeta& table) {
  Rectangle r;
  r.number = static_cast<uint64_t>(table.number);
  r.level = level;
  r.run = run;
  r.smallest_key = table.smallest.key;
  r.largest_key = table.largest.key;
  r.smallest_seqno = table.smallest_seqno;
  r.largest_seqno = table.largest_seqno;
  r.weight = table.weight;
  r.file_bytes = table.file_bytes;
  r.entry_count = table.entry_count;
  r.tombstone_count = table.tombstone_count;
  return r;
}

namespace {

bool is_moved(const VersionEdit& edit, TableNumber number) {
  return std::any_of(edit.added.begin(), edit.added.end(),
                     [&](const AddedTable& added) { return added.table->number == number; });
}

EventKind kind_of(const VersionEdit& edit, bool rewrites) {
  switch (edit.reason) {
    case EditReason::kOpen:
      return EventKind::kOpen;
    case EditReason::kFlush:
    case EditReason::kRecoveryFlush:
      return EventKind::kFlush;
    default:
      return rewrites ? EventKind::kCompaction : EventKind::kTrivialMove;
  }
}

}  // namespace

Event event_of(const VersionEdit& edit, const Version& before) {
  Event event;
  event.reason = edit.reason;
  event.score = edit.score;
  if (edit.job) event.job = *edit.job;
  if (edit.last_seqno) event.last_seqno = *edit.last_seqno;
  bool rewrites = false;
  event.input_level = edit.removed.empty() ? 0 : UINT32_MAX;
  for (const RemovedTable& removed : edit.removed) {
    const auto place = before.find(removed.number);
    if (!place) continue;
    event.input_level = std::min(event.input_level, removed.level);
    event.removed.push_back(rectangle_of(removed.level, removed.run, *place->table));
    if (is_moved(edit, removed.number)) continue;
    rewrites = true;
    event.read_bytes += place->table->file_bytes;
    event.read_weight += place->table->weight;
    event.in_entries += place->table->entry_count;
  }
  if (event.removed.empty()) event.input_level = 0;
  event.output_level = event.input_level;
  for (const AddedTable& added : edit.added) {
    event.output_level = added.level;
    event.added.push_back(rectangle_of(added.level, added.run, *added.table));
    const auto stood = before.find(added.table->number);
    if (stood) continue;
    rewrites = true;
    event.written_bytes += added.table->file_bytes;
    event.written_weight += added.table->weight;
    event.out_entries += added.table->entry_count;
  }
  if (event.in_entries > event.out_entries)
    event.dropped_entries = event.in_entries - event.out_entries;
  event.kind = kind_of(edit, rewrites);
  return event;
}

Event keyframe_of(const Version& version, const Counters& counters) {
  Event event;
  event.kind = EventKind::kKeyframe;
  event.counters = counters;
  for (unsigned n = 0; n < version.level_count(); ++n) {
    for (const Run& run : version.level(n).runs) {
      run.for_each(
          [&](const TableRef& table) { event.added.push_back(rectangle_of(n, run.id(), *table)); });
    }
  }
  return event;
}

namespace {

std::string figure(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string table_count(const std::vector<Rectangle>& tables) {
  return std::to_string(tables.size()) + (tables.size() == 1 ? " table" : " tables");
}

std::string mebibytes(uint64_t bytes) {
  return figure("%.2f MiB", static_cast<double>(bytes) / (1024 * 1024));
}

// "L1 4 tables 8.00 MiB -> L2 3 tables 7.50 MiB, 120 of 4000 entries dropped"
std::string flow_text(const Event& event) {
  std::string out;
  if (!event.removed.empty())
    out += " L" + std::to_string(event.input_level) + " " + table_count(event.removed) + " " +
           mebibytes(event.read_bytes) + " ->";
  out += " L" + std::to_string(event.output_level) + " " + table_count(event.added);
  if (event.kind != EventKind::kTrivialMove) out += " " + mebibytes(event.written_bytes);
  if (event.dropped_entries != 0)
    out += ", " + std::to_string(event.dropped_entries) + " of " +
           std::to_string(event.in_entries) + " entries dropped";
  return out;
}

}  // namespace

std::string to_line(const Event& event) {
  std::string out = figure("%12.6f s  ", static_cast<double>(event.time_us) / 1e6);
  out += name_of(event.kind);
  if (event.job != JobNumber{}) out += " job " + std::to_string(static_cast<uint64_t>(event.job));
  switch (event.kind) {
    case EventKind::kFlush:
    case EventKind::kCompaction:
    case EventKind::kTrivialMove:
      out += " (" + std::string(name_of(event.reason));
      if (event.score != 0) out += figure(", score %.2f", event.score);
      out += ")" + flow_text(event);
      break;
    case EventKind::kKeyframe:
      out += ": " + table_count(event.added);
      break;
    default:
      break;
  }
  if (event.duration_us != 0)
    out += figure(", %.3f ms", static_cast<double>(event.duration_us) / 1e3);
  if (!event.text.empty()) out += ": " + event.text;
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

}  // namespace lsmkit
