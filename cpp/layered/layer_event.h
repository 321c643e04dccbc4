// What happened to the layers, one after the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "lsmkit/layered/layer.h"

namespace lsmkit {

enum class LayerReason : uint8_t {
  kFlush,      // the buffer reached the target
  kRetiled,    // deltas stood as deep as the fanout; the pages in use would take more than they do
  kCovered,    // likewise; the pages in use take less than they do
  kReplaced,   // all jobs that rewrote it are done
  kBottom,     // images at the horizon or a pinned LSN let what is below go
  kCollected,  // no LSN that stays readable needs it
};
constexpr std::string_view name_of(LayerReason reason) {
  switch (reason) {
    case LayerReason::kFlush:
      return "flush";
    case LayerReason::kRetiled:
      return "retiled";
    case LayerReason::kCovered:
      return "covered";
    case LayerReason::kReplaced:
      return "replaced";
    case LayerReason::kBottom:
      return "bottom";
    case LayerReason::kCollected:
      return "collected";
  }
  return "";
}

struct LayerEvent {
  uint64_t number = 0;
  bool deleted = false;  // otherwise created
  LayerReason reason = LayerReason::kFlush;
  uint64_t compaction = 0;  // from 1; of no level 0
  uint32_t level = 0;       // that was compacted
  uint32_t job = 0;         // of the level's plan: that made it, or whose end deleted it
  uint32_t parts = 0;       // of the level's plan: partitions that were decided apart
  Layer layer;
};

}  // namespace lsmkit
