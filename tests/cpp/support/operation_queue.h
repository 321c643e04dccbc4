// Writers one operation at a time: what a timed run must come to without looking at any of them.
// They meet delays and stops that are told beforehand, and pause by the very rules that the engine
// asks (PauseQueue, DelayedWrites).
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
  double us_per_byte = 0;
  bool is_stopped = false;
};

class OperationQueue {
 public:
  OperationQueue(std::vector<FlowAt> flow, uint64_t write_weight, double write_us, bool is_rocksdb)
      : flow_(std::move(flow)), weight_(write_weight), write_us_(write_us), rocksdb_(is_rocksdb) {}

  // One writer, whose operations come evenly spaced; those done by `end_us`.
  std::vector<double> open_loop(double per_us, double end_us) {
    std::vector<double> waits;
    double free_us = 0;
    for (uint64_t i = 0;; ++i) {
      const double arrival = static_cast<double>(i) / per_us;
      const double paused = after_pause(std::max(arrival, free_us));
      free_us = after_stop(paused) + write_us_;
      if (free_us > end_us || arrival > end_us) return waits;
      unpaid_ += weight_;
      waits.push_back(free_us - arrival);
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
    std::vector<double> waits;
    double lock_free_us = 0;
    while (line.top().at_us <= end_us) {
      Client client = line.top();
      line.pop();
      if (!client.has_paused) {
        client.at_us = after_pause(client.begin_us);
        client.has_paused = true;
        line.push(client);
        continue;
      }
      lock_free_us = std::max(after_stop(client.at_us), lock_free_us) + write_us_;
      unpaid_ += weight_;
      if (lock_free_us <= end_us) waits.push_back(lock_free_us - client.begin_us);
      line.push({lock_free_us, lock_free_us, false});
    }
    return waits;
  }

 private:
  const FlowAt& at(double us) {
    while (now_ + 1 < flow_.size() && flow_[now_ + 1].from_us <= us) ++now_;
    while (now_ > 0 && flow_[now_].from_us > us) --now_;
    return flow_[now_];
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
    return us + static_cast<double>(pauses_.pause_us(bytes, flow.us_per_byte,
                                                     longest_pause_us(weight_),
                                                     static_cast<uint64_t>(us)));
  }

  double after_stop(double us) {
    at(us);
    size_t stretch = now_;
    if (!flow_[stretch].is_stopped) return us;
    while (stretch < flow_.size() && flow_[stretch].is_stopped) ++stretch;
    return stretch < flow_.size() ? flow_[stretch].from_us : 1e300;
  }

  const std::vector<FlowAt> flow_;
  const uint64_t weight_;
  const double write_us_;
  const bool rocksdb_;
  size_t now_ = 0;
  uint64_t unpaid_ = 0;
  PauseQueue pauses_;
  DelayedWrites delayed_;
};

}  // namespace lsmkit::test
