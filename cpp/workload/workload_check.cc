// What a workload must be: each field within its bounds, and the fields fit each other.
#include <cstdio>
#include <type_traits>

#include "lsmkit/bytes/error.h"
#include "lsmkit/numbers/elementary.h"
#include "lsmkit/workload/arrivals.h"
#include "lsmkit/workload/spec_fields.h"

namespace lsmkit {
namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

[[noreturn]] void fail(const std::string& where, const std::string& what) {
  throw InvalidArgument(where + ": " + what);
}

// ---- what belongs together within one choice

template <class Choice>
void check_whole(const Choice&, const std::string&, uint64_t) {}

void check_order(uint64_t least, uint64_t most, const std::string& where) {
  if (least > most)
    fail(where, "least " + std::to_string(least) + " is above most " + std::to_string(most) +
                    "; swap them");
}
void check_whole(const UniformSize& size, const std::string& where, uint64_t) {
  check_order(size.least, size.most, where);
}
void check_whole(const ParetoSize& size, const std::string& where, uint64_t) {
  check_order(size.least, size.most, where);
}
void check_whole(const LognormalSize& size, const std::string& where, uint64_t) {
  check_order(size.least, size.most, where);
}
void check_whole(const SineRate& rate, const std::string& where, uint64_t) {
  if (rate.amplitude_per_s > rate.mean_per_s)
    fail(where, "amplitude_per_s " + number_text(rate.amplitude_per_s) + " is above mean_per_s " +
                    number_text(rate.mean_per_s) +
                    ", so the rate would be below 0 at times; "
                    "lower it");
}
void check_whole(const BurstRate& rate, const std::string& where, uint64_t) {
  if (rate.off_per_s > rate.on_per_s)
    fail(where, "off_per_s is above on_per_s; swap them, and the durations");
  // Each spike that lasts is kept in memory.
  if (rate.spikes_per_s * rate.spike_mean_s > kMostSpikes)
    fail(where, "more than " + number_text(kMostSpikes) +
                    " spikes at a time are no spikes; lower spikes_per_s or spike_mean_s");
}
void check_whole(const ClusteredKeys& keys, const std::string& where, uint64_t key_count) {
  if (keys.cluster_keys > key_count)
    fail(where, "cluster_keys " + std::to_string(keys.cluster_keys) + " is above key_count " +
                    std::to_string(key_count) + "; make clusters smaller or keys more");
}
void check_whole(const RangeKeys& keys, const std::string& where, uint64_t key_count) {
  if (keys.range_count > key_count)
    fail(where, "range_count " + std::to_string(keys.range_count) + " is above key_count " +
                    std::to_string(key_count) + "; a range needs a key");
  if ((keys.key_a == 0) != (keys.key_b == 0))
    fail(where, "key_a and key_b go together; give both, or 0 for both");
  double total = 0;
  for (uint64_t i = 1; i <= keys.range_count; ++i) {
    const auto x = static_cast<double>(i);
    const double weight = keys.a * portable_exp(keys.b * x) + keys.c * portable_exp(keys.d * x);
    if (!(weight < 1e100))
      fail(where, "range " + std::to_string(i) +
                      " would be infinitely hot; b and d should be "
                      "negative");
    if (weight > 0) total += weight;
  }
  if (!(total > 0)) fail(where, "no range is ever drawn; a or c must be above 0");
}
void check_whole(const TraceKeys& keys, const std::string& where, uint64_t key_count) {
  if (keys.ids.empty()) fail(where, "the trace is empty; give ids");
  for (size_t i = 0; i < keys.ids.size(); ++i)
    if (keys.ids[i] >= key_count)
      fail(where, "id " + std::to_string(keys.ids[i]) + " at place " + std::to_string(i) +
                      " is not below key_count " + std::to_string(key_count) + "; raise key_count");
}
void check_whole(const DecimalKeys& keys, const std::string& where, uint64_t key_count) {
  if (keys.digits < 16 && static_cast<double>(key_count) > portable_pow(10, double(keys.digits)))
    fail(where, std::to_string(keys.digits) + " digits cannot number key_count " +
                    std::to_string(key_count) + " keys; give more digits");
  if (keys.prefix.size() + keys.digits + 1 > kMaxKeyBytes)
    fail(where, "prefix and digits are longer than a key may be (65,535 bytes); shorten it");
}
void check_whole(const CompositeKeys& keys, const std::string& where, uint64_t) {
  if (keys.prefix.size() + 13 > kMaxKeyBytes)
    fail(where, "the prefix is longer than a key may be (65,535 bytes); shorten it");
}

// ---- each field

class Checker {
 public:
  Checker(std::string where, uint64_t key_count) : where_(where), key_count_(key_count) {}

  template <class Number>
  void operator()(std::string_view name, const Number& value, Bounds bounds) const {
    const auto number = static_cast<double>(value);
    if (number >= bounds.least && number <= bounds.most) return;
    fail(named(name), number_text(number) + " is not from " + number_text(bounds.least) + " to " +
                          number_text(bounds.most));
  }
  void operator()(std::string_view, const std::string&) const {}
  void operator()(std::string_view, const std::vector<uint64_t>&) const {}
  void operator()(std::string_view, const bool&) const {}
  template <class Field>
  void operator()(std::string_view name, const Field& field) const {
    if constexpr (std::is_enum_v<Field>) {
      if (static_cast<size_t>(field) >= names_of_enum<Field>().size())
        fail(named(name), "is none of its names");
    } else {
      const Checker inner(named(name), key_count_);
      inner.check_fields(field);
    }
  }
  template <class... Choices>
  void operator()(std::string_view name, const std::variant<Choices...>& field) const {
    std::visit(
        [&](const auto& choice) {
          const Checker inner(named(name) + " (" + std::string(choice.kName) + ")", key_count_);
          inner.check_fields(choice);
          check_whole(choice, inner.where_, key_count_);
        },
        field);
  }

  template <class Fields>
  void check_fields(const Fields& fields) const {
    fields_of(fields, *this);
  }

 private:
  std::string named(std::string_view name) const {
    return where_ + (where_.empty() ? "" : ", ") + std::string(name);
  }

  std::string where_;
  uint64_t key_count_;
};

// ---- what belongs together within one phase

void check_phase(const Phase& phase, const std::string& where) {
  if (!(phase.mix.total() > 0))
    fail(where + ", mix", "no operation has a weight; give one, such as put=1");
  bool any_writes = false;
  for (size_t i = 0; i < kOpKindCount; ++i)
    any_writes |= writes(static_cast<OpKind>(i)) && phase.mix.weights[i] > 0;
  const bool closed = std::holds_alternative<ClosedLoop>(phase.rate);
  if (!any_writes && phase.end.unit == EndUnit::kBytes)
    fail(where + ", end",
         "after bytes written it never ends, since nothing writes; end it after "
         "ops or seconds");
  if (!any_writes && phase.rate_unit == WorkUnit::kBytes && !closed)
    fail(where + ", rate_unit", "a rate in bytes written needs operations that write; use ops");
  if (phase.end.unit == EndUnit::kSeconds && phase.end.after > kMostSeconds)
    fail(where + ", end", "after " + number_text(phase.end.after) + " seconds is too long; " +
                              number_text(kMostSeconds) + " is the most");
  if (phase.end.unit == EndUnit::kSeconds &&
      phase.end.after * mean_rate_per_s(phase.rate) > kMostTimedWork)
    fail(where + ", end", "so much work cannot be counted; end it sooner or lower the rate");
  if (phase.end.unit != EndUnit::kSeconds && phase.end.after < 1)
    fail(where + ", end", "after less than one; give 1 or more");
  if (closed && phase.capacity.per_s > 0)
    fail(where + ", capacity",
         "a closed loop offers only what is taken, so there is nothing to "
         "limit; give a rate, or leave the limit out");
  if (const auto* scan = std::get_if<ConstantSize>(&phase.scan_entries);
      scan != nullptr && scan->size == 0 && phase.mix[OpKind::kScan] > 0)
    fail(where + ", scan_entries", "a scan of 0 entries reads nothing; give 1 or more");
}

// How often the rate of a timed phase changes, each of which is drawn before the phase begins.
double changes_of(const Phase& phase) {
  const auto* bursts = std::get_if<BurstRate>(&phase.rate);
  if (bursts == nullptr || phase.end.unit != EndUnit::kSeconds) return 0;
  return phase.end.after *
         (2 / (bursts->on_mean_s + bursts->off_mean_s) + 2 * bursts->spikes_per_s);
}

}  // namespace

std::string_view name_of(OpKind kind) {
  static constexpr std::array<std::string_view, kOpKindCount> kNames = {
      "put", "delete", "get", "scan", "read_modify_write", "insert"};
  return kNames[static_cast<size_t>(kind)];
}

double OpMix::total() const {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  return sum;
}

void check(const WorkloadSpec& workload) {
  Checker("", workload.key_count).check_fields(workload);
  if (workload.phases.empty()) fail("phases", "there is none, so nothing would be done; add one");
  if (workload.phases.size() > kMostPhases)
    fail("phases", "there are " + std::to_string(workload.phases.size()) + ", and " +
                       std::to_string(kMostPhases) + " is the most");
  double changes = 0;
  for (size_t i = 0; i < workload.phases.size(); ++i) {
    const Phase& phase = workload.phases[i];
    const std::string where =
        "phase " + std::to_string(i + 1) + " ('" + printable(phase.name) + "')";
    Checker(where, workload.key_count).check_fields(phase);
    check_phase(phase, where);
    changes += changes_of(phase);
    if (changes > kMostChanges)
      fail(where + ", rate (bursts)",
           "it would change more than " + number_text(kMostChanges) +
               " times until the phase ends; let bursts be longer or spikes fewer, or end sooner");
  }
}

}  // namespace lsmkit
