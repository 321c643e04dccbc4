// A layer of the layered store: a rectangle in the plane of pages and log positions, written once.
//
// All that was ever written is kept. A delta holds the records of its pages whose LSN lies in its
// range; an image holds every used page of its range as it was at one LSN.
#pragma once

#include <cstdint>
#include <string>

namespace lsmkit {

using PageNumber = uint64_t;           // the key
using Lsn = uint64_t;                  // offset in the log; a read at `x` sees the records below x
enum class LayerNumber : uint64_t {};  // never used twice

inline constexpr uint64_t kPageBytes = 8192;
inline constexpr uint64_t kDeltaBytes = 2;  // of a delta that was made, beside its records
inline constexpr PageNumber kEndOfPages = UINT64_MAX;
// Sums of page bytes stay below 2^63.
inline constexpr PageNumber kMostPages = PageNumber{1} << 40;

// Half-open, as LsnRange.
struct PageRange {
  PageNumber begin = 0;
  PageNumber end = kEndOfPages;

  bool holds(PageNumber page) const { return begin <= page && page < end; }
  bool overlaps(const PageRange& other) const { return begin < other.end && other.begin < end; }
  uint64_t size() const { return end - begin; }
  bool operator==(const PageRange&) const = default;
};

struct LsnRange {
  Lsn begin = 0;
  Lsn end = 0;

  bool overlaps(const LsnRange& other) const { return begin < other.end && other.begin < end; }
  uint64_t height() const { return end - begin; }
  bool operator==(const LsnRange&) const = default;
};

enum class LayerKind : uint8_t { kDelta, kImage };

inline constexpr uint64_t kStillLives = UINT64_MAX;

struct Layer {
  LayerNumber number{};
  LayerKind kind = LayerKind::kDelta;
  PageRange pages;  // L0: all there are
  LsnRange lsns;    // of an image: begin = end; it reflects every record below
  uint64_t bytes = 0;
  uint64_t page_image_bytes = 0;  // of these, of pages in the midst of a delta's records
  uint64_t born = 0;              // number of the event
  uint64_t died = kStillLives;

  uint64_t record_bytes() const { return bytes - page_image_bytes; }
  bool is_delta() const { return kind == LayerKind::kDelta; }
  bool is_image() const { return kind == LayerKind::kImage; }
  bool operator==(const Layer&) const = default;
};

// The order in which layers stand on each other: by where they end. An image stands on the delta
// that ends at its LSN.
inline bool stands_below(const Layer& a, const Layer& b) {
  if (a.lsns.end != b.lsns.end) return a.lsns.end < b.lsns.end;
  if (a.kind != b.kind) return a.is_delta();
  return a.number < b.number;
}

// "delta 12, pages 0 to 100, LSN 0 to 4096".
std::string text_of(const Layer& layer);

}  // namespace lsmkit
