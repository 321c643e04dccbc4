// Writers one operation at a time: what a timed run must come to without looking at any of them.
// They meet delays and stops that are told beforehand, each from a time on or from the operation on
// that filled something, and pause by the very rules that the engine asks (PauseQueue,
// DelayedWrites).
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "lsmkit/rules/rocksdb_flow.h"
#include "lsmkit/rules/write_delay.h"

namespace lsmkit::test {

struct FlowAt {
  double from_us = 0;
  uint64_t after_writes = 0;  // 0: whatever is written by then
  double us_per_byte = 0;
  bool is_stopped = false;
};

class OperationQueue {
 public:
  OperationQueue(std::vector<FlowAt> flow, uint64_t write_weight, double write_us, bool is_rocksdb)
      : flow_(std::move(flow)), weight_(write_weight), write_us_(write_us), rocksdb_(is_rocksdb) {}

  // One writer, whose operations come evenly spaced; those done by `end_us`.
  std::vector<double> open_loop(double per_us, double end_us) {
    double free_us = 0;
    for (uint64_t i = 0;; ++i) {
      const double arrival = static_cast<double>(i) / per_us;
      if (std::max(arrival, free_us) > end_us) return std::move(waits_);
      free_us = write(after_stop(after_pause(std::max(arrival, free_us))), arrival, end_us);
    }
  }

  // Clients who each begin their next operation when the last one is done.
  std::vector<double> closed_loop(int clients, double end_us) {
    struct Client {
      double at_us;
      double begin_us;
      bool has_paused;
      bool operator>(const Client& other) const { return at_us > other.at_us; }
    };
    std::priority_queue<Client, std::vector<Client>, std::greater<>> line;
    for (int i = 0; i < clients; ++i) line.push({0, 0, false});
    double lock_free_us = 0;
    while (line.top().at_us <= end_us) {
      Client client = line.top();
      line.pop();
      if (!client.has_paused) {
        line.push({after_pause(client.begin_us), client.begin_us, true});
        continue;
      }
      const double begin = std::max(after_stop(client.at_us), lock_free_us);
      if (begin > client.at_us) {
        line.push({begin, client.begin_us, true});
        continue;
      }
      lock_free_us = write(begin, client.begin_us, end_us);
      line.push({lock_free_us, lock_free_us, false});
    }
    return std::move(waits_);
  }

 private:
  // What holds at that time. Requires: not back by more than what a pause looked ahead.
  const FlowAt& at(double us) {
    while (now_ + 1 < flow_.size()) {
      const FlowAt& next = flow_[now_ + 1];
      if (next.after_writes > 0 ? written_ < next.after_writes : us < next.from_us) break;
      ++now_;
    }
    return flow_[now_];
  }

  double write(double begin_us, double arrival_us, double end_us) {
    const double done_us = begin_us + write_us_;
    ++written_;
    unpaid_ += weight_;
    if (done_us <= end_us) waits_.push_back(done_us - arrival_us);
    return done_us;
  }

  double after_pause(double us) {
    const FlowAt& flow = at(us);
    const bool delayed = !flow.is_stopped && flow.us_per_byte > 0;
    if (!delayed) unpaid_ = 0;
    if (rocksdb_) {
      if (!delayed && !flow.is_stopped) delayed_ = {};
      if (!delayed || unpaid_ == 0) return us;
      const auto rate = static_cast<uint64_t>(1e6 / flow.us_per_byte + 0.5);
      const uint64_t bytes = std::exchange(unpaid_, 0);
      return us + static_cast<double>(delayed_.delay_us(bytes, rate, static_cast<uint64_t>(us)));
    }
    if (unpaid_ < kPauseAskBytes) return us;
    const uint64_t bytes = std::exchange(unpaid_, 0);
    return us + static_cast<double>(pauses_.pause_us(
                    bytes, flow.us_per_byte, longest_pause_us(weight_), static_cast<uint64_t>(us)));
  }

  // Nothing is written during a stop, so it ends by itself; others may still be before it.
  double after_stop(double us) {
    at(us);
    for (size_t i = now_; flow_[i].is_stopped; ++i) {
      if (i + 1 == flow_.size()) return 1e300;
      us = std::max(us, flow_[i + 1].from_us);
    }
    return us;
  }

  const std::vector<FlowAt> flow_;
  const uint64_t weight_;
  const double write_us_;
  const bool rocksdb_;
  size_t now_ = 0;
  uint64_t written_ = 0;
  std::vector<double> waits_;
  uint64_t unpaid_ = 0;
  PauseQueue pauses_;
  DelayedWrites delayed_;
};

}  // namespace lsmkit::test
