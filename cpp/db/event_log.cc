#include "lsmkit/db/event_log.h"

#include <algorithm>
#include <utility>

#include "lsmkit/bytes/error.h"
#include "lsmkit/db/directory.h"
#include "lsmkit/log/log_replay.h"

namespace lsmkit {

EventLog::EventLog(FileSystem& files, std::string dir, uint64_t database_id,
                   std::vector<uint64_t> existing, bool read_only)
    : files_(files),
      dir_(std::move(dir)),
      database_id_(database_id),
      earlier_(existing),
      numbers_(std::move(existing)),
      writing_(!read_only) {
  for (auto file = earlier_.rbegin(); file != earlier_.rend() && next_number_ == 1; ++file) {
    next_number_ = last_number_of(*file) + 1;
  }
}

void EventLog::add_change(Event event, const ManifestState& before) {
  {
    const std::lock_guard lock(mutex_);
    if (writing_ && (!writer_ || writer_->size() > kMaxFileBytes)) {
      try {
        begin_file(before);
      } catch (const Error&) {
        writing_ = false;  // The disk is full or worse: the database itself will say so.
        writer_.reset();
      }
    }
  }
  add(std::move(event));
}

void EventLog::add(Event event) {
  const std::lock_guard lock(mutex_);
  event.number = next_number_++;
  if (writer_) {
    try {
      append(event);
    } catch (const Error&) {
      writing_ = false;
      writer_.reset();
    }
  }
  kept_.push_back(std::move(event));
  if (kept_.size() > kMaxKept) kept_.pop_front();
}

// 0 if the file holds no event, or can't be read.
uint64_t EventLog::last_number_of(uint64_t file) const {
  uint64_t last = 0;
  try {
    replay_file(files_, join_path(dir_, events_file_name(file)), LogKind::kEvents, database_id_,
                [&](std::string_view record, LogPosition) {
                  last = std::max(last, decode_event(record).number);
                });
  } catch (const Error&) {
    // What was read before the damage counts.
  }
  return last;
}

// Requires: mutex_ held.
void EventLog::begin_file(const ManifestState& state) {
  const uint64_t number = numbers_.empty() ? 1 : numbers_.back() + 1;
  writer_ = LogWriter::create(files_, join_path(dir_, events_file_name(number)),
                              {database_id_, LogNumber{number}, LogNumber{}, LogKind::kEvents},
                              kMaxFileBytes / 16);
  numbers_.push_back(number);
  append(keyframe_of(state.version, state.counters));
  while (numbers_.size() > kMaxFiles) {
    const std::string oldest = join_path(dir_, events_file_name(numbers_.front()));
    numbers_.erase(numbers_.begin());
    if (files_.exists(oldest)) files_.remove(oldest);
  }
}

void EventLog::look_again(std::vector<uint64_t> existing) {
  const std::lock_guard lock(mutex_);
  earlier_ = std::move(existing);
}

void EventLog::append(const Event& event) {
  std::string bytes;
  encode(event, bytes);
  const std::string_view piece = bytes;
  writer_->allocate(bytes.size());
  writer_->append({&piece, 1}, {});
}

std::vector<Event> EventLog::read(uint64_t after) const {
  std::vector<Event> out;
  std::vector<uint64_t> earlier;
  {
    const std::lock_guard lock(mutex_);
    const bool all_are_kept = !kept_.empty() && kept_.front().number <= after + 1;
    if (!all_are_kept) earlier = earlier_;
  }
  for (const uint64_t number : earlier) {
    try {
      replay_file(files_, join_path(dir_, events_file_name(number)), LogKind::kEvents, database_id_,
                  [&](std::string_view record, LogPosition) {
                    Event event = decode_event(record);
                    if (event.kind != EventKind::kKeyframe && event.number > after)
                      out.push_back(std::move(event));
                  });
    } catch (const Error&) {
      // Gone, or torn: nobody promised it.
    }
  }
  const std::lock_guard lock(mutex_);
  const auto first = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const Event& event) { return event.number > after; });
  out.insert(out.end(), first, kept_.end());
  return out;
}

}  // namespace lsmkit
