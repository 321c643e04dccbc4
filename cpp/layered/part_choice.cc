#include "lsmkit/layered/part_choice.h"

namespace lsmkit {

namespace {

bool had_a_fanout_of_tiers(const PartState& part, const LayeredOptions& options) {
  return part.had_images || part.open_tiers.size() >= options.fanout;
}

// Whether images are small beside the deltas of two tiers, so that every second tier may have some;
// for a part that has not proved to go on like that, very small.
bool images_are_cheap(const PartState& part, const PartBytes& bytes,
                      const LayeredOptions& options) {
  const bool goes_on = part.is_steady && had_a_fanout_of_tiers(part, options);
  const uint64_t percent = goes_on ? options.early_image_percent : options.early_image_percent / 16;
  const uint64_t tiers = part.open_tiers.size();
  const uint64_t of_two =
      part.is_steady && tiers > 2 ? part.open_bytes * 2 / tiers : part.open_bytes;
  return bytes.images > 0 && bytes.images <= of_two / 100 * percent;
}

// So many bytes may images take where they are not cheap. Where they come too seldom they leave
// more deltas to be read than new deltas do; where the level as a whole would have them, a part
// without would have more records replayed than the others, for few bytes that it spares.
uint64_t worth_of_images(const PartBytes& bytes, const LayeredOptions& options) {
  if (options.early_image_percent == 0) return bytes.deltas;
  return bytes.level_would_have_images ? bytes.deltas + bytes.deltas / 8 : 0;
}

}  // namespace

PartChoice choice_for(const PartState& part, const PartBytes& bytes,
                      const LayeredOptions& options) {
  PartChoice out;
  const bool cheap = images_are_cheap(part, bytes, options);
  const bool due = part.depth >= options.fanout;
  if (cheap || (due && bytes.images < worth_of_images(bytes, options)))
    out.makes = LayerKind::kImage;
  else if (due)
    out.makes = LayerKind::kDelta;
  if (cheap && part.is_steady && !part.had_images && had_a_fanout_of_tiers(part, options))
    out.images_half_way = part.open_tiers[part.open_tiers.size() / 2 - 1];
  return out;
}

}  // namespace lsmkit
