#include "lsmkit/layered/retention.h"

#include <algorithm>
#include <cmath>

#include "lsmkit/bytes/error.h"

namespace lsmkit {

void check(const RetentionOptions& options) {
  ensure(std::isfinite(options.history_s) && options.history_s >= 0,
         "history_s of a layered store must be 0 or more seconds");
  ensure(std::isfinite(options.log_bytes_per_s) && options.log_bytes_per_s > 0,
         "log_bytes_per_s of a layered store must be above 0");
}

Retention::Retention(const RetentionOptions& options) : options_(options) {
  check(options);
}

Lsn Retention::bytes_in(double seconds) const {
  const double bytes = seconds * options_.log_bytes_per_s;
  return bytes >= 0x1p63 ? UINT64_MAX : static_cast<Lsn>(std::ceil(bytes));
}

void Retention::advance(Lsn tip) {
  tip_ = std::max(tip_, tip);
  const Lsn history = std::max(options_.history_bytes, bytes_in(options_.history_s));
  if (!keeps_all() && tip_ > history) horizon_ = std::max(horizon_, tip_ - history);
  std::erase_if(pins_, [this](const auto& pin) { return pin.second.until <= tip_; });
}

PinNumber Retention::lease(Lsn lsn, double seconds) {
  ensure(std::isfinite(seconds) && seconds > 0, "a lease must be for more than 0 seconds");
  const Lsn bytes = bytes_in(seconds);
  return pin_until(lsn, bytes > UINT64_MAX - tip_ ? UINT64_MAX : tip_ + bytes);
}

PinNumber Retention::pin_until(Lsn lsn, Lsn until) {
  ensure(is_readable(lsn), "what is pinned must be at the horizon or above, or be pinned already");
  const PinNumber number{next_pin_++};
  pins_.emplace(number, Pin{lsn, until});
  return number;
}

void Retention::unpin(PinNumber number) {
  ensure(pins_.erase(number) == 1, "there is no such pin; was it a lease that is over?");
}

bool Retention::is_readable(Lsn lsn) const {
  return lsn >= horizon_ || std::any_of(pins_.begin(), pins_.end(),
                                        [lsn](const auto& pin) { return pin.second.lsn == lsn; });
}

std::vector<Lsn> Retention::pinned() const {
  std::vector<Lsn> out;
  for (const auto& pin : pins_)
    if (pin.second.lsn < horizon_) out.push_back(pin.second.lsn);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace lsmkit
