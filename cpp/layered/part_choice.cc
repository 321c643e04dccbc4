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

}  // namespace

PartChoice choice_for(const PartState& part, const PartBytes& bytes,
                      const LayeredOptions& options) {
  PartChoice out;
  const bool cheap = images_are_cheap(part, bytes, options);
  const bool due = part.depth >= options.fanout;
  // Images that come too seldom leave more deltas to be read than new deltas do.
  const bool may_be_seldom = options.early_image_percent == 0 || bytes.level_would_have_images;
  if (cheap || (due && may_be_seldom && bytes.images < bytes.deltas))
    out.makes = LayerKind::kImage;
  else if (due)
    out.makes = LayerKind::kDelta;
  if (cheap && part.is_steady && !part.had_images && had_a_fanout_of_tiers(part, options))
    out.images_half_way = part.open_tiers[part.open_tiers.size() / 2 - 1];
  return out;
}

}  // namespace lsmkit
