// How many records of a page go into a delta from one of its page images to the next, told from
// what is known of their lengths (record_store.h has the rule for records that are there).
#pragma once

#include <cstdint>
#include <vector>

#include "lsmkit/layered/layer_plan.h"
#include "lsmkit/numbers/random.h"
#include "lsmkit/workload/workload_spec.h"

namespace lsmkit {

class ImageSpacing {
 public:
  // Requires: rule.any(). Lengths that differ and a rule by bytes: found by some walks of records.
  ImageSpacing(const SizeChoice& record_bytes, const PageImages& rule);
  // One for each so many records.
  explicit ImageSpacing(double records) : records_(records) {}

  // To an image, on average.
  double records() const { return records_; }
  // Expected after so many records of a page, counted from the delta's begin.
  double images_after(uint64_t records) const;
  // After about so many records, if that varies by more than records().
  double images_after_about(double records) const;

  bool operator==(const ImageSpacing&) const = default;

 private:
  void walk(const SizeChoice& record_bytes, double mean_bytes, const PageImages& rule);

  double records_ = 0;
  std::vector<double> first_;  // by records; then one comes every records_. Empty: always so
};

// The records of a page in a delta gone through in order: what stands behind the last page image.
class BehindImage {
 public:
  // So many records. Requires: rule.any(), mean_bytes above 0.
  void go_on(uint64_t records, const SizeChoice& record_bytes, double mean_bytes,
             const PageImages& rule, Random& random);
  // From here on it counts whether there was an image.
  void forget_image() { was_image_ = false; }

  bool was_image() const { return was_image_; }
  uint64_t records() const { return records_; }
  double bytes() const { return bytes_; }

 private:
  // Of equal length.
  void take(uint64_t records, double record_bytes, const PageImages& rule);

  bool was_image_ = false;
  uint64_t records_ = 0;
  double bytes_ = 0;
};

}  // namespace lsmkit
