#include "lsmkit/layered/image_spacing.h"

#include <algorithm>
#include <cmath>
#include <variant>

#include "lsmkit/workload/sizes.h"

namespace lsmkit {

namespace {

constexpr int kWalks = 4096;
constexpr double kTables = 6;            // of the spacing, that walks are long
constexpr double kMostWalked = 1 << 12;  // records to an image; more of them differ but little
constexpr double kForgotten = 32;        // spacings after which it is all one where it began

// Records to an image that are all so long.
uint64_t spacing_of(double record_bytes, const PageImages& rule) {
  uint64_t out = UINT64_MAX;
  if (rule.every_records > 0) out = rule.every_records;
  if (rule.every_bytes > 0)
    out = std::min(out, static_cast<uint64_t>(
                            std::ceil(static_cast<double>(rule.every_bytes) / record_bytes)));
  return std::max<uint64_t>(out, 1);
}

bool has_one_length(const SizeChoice& record_bytes) {
  return std::holds_alternative<ConstantSize>(record_bytes);
}

double drawn_bytes(const SizeChoice& record_bytes, Random& random) {
  return static_cast<double>(std::max<uint64_t>(1, draw_size(record_bytes, random)));
}

}  // namespace

ImageSpacing::ImageSpacing(const SizeChoice& record_bytes, const PageImages& rule) {
  const double mean = std::max(1.0, mean_size(record_bytes));
  records_ = static_cast<double>(spacing_of(mean, rule));
  if (rule.every_bytes > 0 && !has_one_length(record_bytes) && records_ <= kMostWalked)
    walk(record_bytes, mean, rule);
}

void ImageSpacing::walk(const SizeChoice& record_bytes, double mean_bytes, const PageImages& rule) {
  const auto length = static_cast<uint64_t>(kTables * records_);
  std::vector<uint64_t> images(length + 1, 0);  // at that record, over all walks
  Random random(1, "page images");
  uint64_t late_images = 0;
  for (int i = 0; i < kWalks; ++i) {
    BehindImage behind;
    for (uint64_t record = 1; record <= length; ++record) {
      behind.forget_image();
      behind.go_on(1, record_bytes, mean_bytes, rule, random);
      images[record] += behind.was_image();
      late_images += behind.was_image() && record > length / 2;
    }
  }
  uint64_t sum = 0;
  for (const uint64_t here : images) {
    sum += here;
    first_.push_back(static_cast<double>(sum) / kWalks);
  }
  records_ = static_cast<double>(length - length / 2) * kWalks /
             static_cast<double>(std::max<uint64_t>(1, late_images));
}

double ImageSpacing::images_after(uint64_t records) const {
  if (first_.empty()) return std::floor(static_cast<double>(records) / records_);
  if (records < first_.size()) return first_[records];
  return first_.back() + static_cast<double>(records - first_.size() + 1) / records_;
}

double ImageSpacing::images_after_about(double records) const {
  if (first_.empty()) return std::max(0.0, (records - (records_ - 1) / 2) / records_);
  return first_.back() + (records - static_cast<double>(first_.size() - 1)) / records_;
}

void BehindImage::go_on(uint64_t records, const SizeChoice& record_bytes, double mean_bytes,
                        const PageImages& rule, Random& random) {
  if (rule.every_bytes == 0 || has_one_length(record_bytes)) return take(records, mean_bytes, rule);
  const double most = kForgotten * static_cast<double>(spacing_of(mean_bytes, rule));
  for (uint64_t left = std::min(records, static_cast<uint64_t>(std::min(most, 1e15))); left > 0;
       --left)
    take(1, drawn_bytes(record_bytes, random), rule);
}

void BehindImage::take(uint64_t records, double record_bytes, const PageImages& rule) {
  // To the next image, from what there is.
  uint64_t due = UINT64_MAX;
  if (rule.every_records > 0)
    due = rule.every_records > records_ ? rule.every_records - records_ : 1;
  if (rule.every_bytes > 0) {
    const double bytes_due = static_cast<double>(rule.every_bytes) - bytes_;
    due = std::min(
        due, std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(bytes_due / record_bytes))));
  }
  if (records >= due) {
    was_image_ = true;
    records_ = (records - due) % spacing_of(record_bytes, rule);
    bytes_ = static_cast<double>(records_) * record_bytes;
    return;
  }
  records_ += records;
  bytes_ += static_cast<double>(records) * record_bytes;
}

}  // namespace lsmkit
