#include "parts.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <exception>
#include <thread>
#include <vector>

#include "lsmkit/bytes/hash.h"

namespace lsmkit::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Timed {
  Clock::time_point begin, end;
  uint64_t found = 0;
  std::exception_ptr error;
};

constexpr uint64_t kSpins = 10'000'000;  // some 30 ms

uint64_t spin(uint64_t times) {
  uint64_t x = times;
  for (uint64_t i = 0; i < times; ++i) x = mix64(x + i);
  return x;
}

}  // namespace

Measured measure_parts(uint64_t count, unsigned threads,
                       const std::function<uint64_t(uint64_t begin, uint64_t end)>& work) {
  std::vector<Timed> done(threads);
  std::barrier start(static_cast<std::ptrdiff_t>(threads));
  const auto run = [&](unsigned n) {
    start.arrive_and_wait();
    done[n].begin = done[n].end = Clock::now();
    try {
      done[n].found = work(count * n / threads, count * (n + 1) / threads);
      done[n].end = Clock::now();
    } catch (...) {
      done[n].error = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned n = 1; n < threads; ++n) others.emplace_back(run, n);
    run(0);
  }
  Clock::time_point begin = done[0].begin, end = done[0].end;
  Measured out{count, 0, 0};
  for (const Timed& part : done) {
    if (part.error) std::rethrow_exception(part.error);
    begin = std::min(begin, part.begin);
    end = std::max(end, part.end);
    out.found += part.found;
  }
  out.seconds = std::chrono::duration<double>(end - begin).count();
  return out;
}

double spin_scaling(unsigned threads) {
  const auto spin_part = [](uint64_t begin, uint64_t end) { return spin(end - begin); };
  const double alone = measure_parts(kSpins, 1, spin_part).seconds;
  const double together = measure_parts(kSpins * threads, threads, spin_part).seconds;
  return alone * threads / together;
}

}  // namespace lsmkit::bench
