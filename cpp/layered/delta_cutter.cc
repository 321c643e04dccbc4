#include "lsmkit/layered/delta_cutter.h"

#include <algorithm>

namespace lsmkit {

namespace {

__extension__ using Wide = unsigned __int128;

// The fewest pages at the front of the stretch that have so many bytes. Requires: it has them.
PageStretch front_of(const PageStretch& stretch, uint64_t bytes) {
  const Wide size = stretch.pages.size(), all = stretch.bytes;
  const auto width = static_cast<uint64_t>((size * bytes + all - 1) / all);
  return {{stretch.pages.begin, stretch.pages.begin + width},
          static_cast<uint64_t>(all * width / size)};
}

}  // namespace

void DeltaCutter::add(const PageStretch& stretch) {
  PageStretch rest = stretch;
  while (rest.bytes > 0) {
    const uint64_t due = due_bytes();
    const bool whole = rest.bytes <= due || rest.pages.size() == 1;
    const PageStretch piece = whole ? rest : front_of(rest, due);
    add_piece(piece);
    rest = {{piece.pages.end, rest.pages.end}, rest.bytes - piece.bytes};
  }
}

uint64_t DeltaCutter::due_bytes() const {
  if (!full_) return target_bytes_ - open_.bytes;
  return open_.bytes < most_bytes_ ? most_bytes_ - open_.bytes : target_bytes_;
}

void DeltaCutter::add_piece(const PageStretch& piece) {
  if (open_.bytes == 0) open_.pages.begin = piece.pages.begin;
  open_.pages.end = piece.pages.end;
  open_.bytes += piece.bytes;
  if (!full_) {
    if (open_.bytes >= target_bytes_) full_ = open_;
  } else if (rest_begin_ < full_->pages.end) {
    rest_begin_ = piece.pages.begin;
  }
  // One page may have brought it beyond five quarters: the next decides whether it is the last.
  if (!full_ || open_.bytes < most_bytes_ || full_->bytes == open_.bytes) return;
  deltas_.push_back(*full_);
  open_ = {{rest_begin_, open_.pages.end}, open_.bytes - full_->bytes};
  full_.reset();
  if (open_.bytes >= target_bytes_) full_ = open_;
}

void DeltaCutter::finish() {
  if (open_.bytes == 0) return;
  deltas_.push_back(open_);
  open_ = {};
  full_.reset();
}

}  // namespace lsmkit
