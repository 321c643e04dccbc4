// The merge: nothing comes out but what should, in order, cut and numbered and summed up, and what
// doesn't add up is refused.
#include <doctest/doctest.h>

#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "lsmkit/rules/merge_tables.h"

using namespace lsmkit;

namespace {

struct Record {
  std::string key;
  Seqno seqno;
  Kind kind;
  std::string value;
};
using Records = std::vector<Record>;

class Source {
 public:
  explicit Source(const Records& records) : at_(records.data()), end_(at_ + records.size()) {}
  bool valid() const { return at_ != end_; }
  std::string_view key() const { return at_->key; }
  std::string_view value() const { return at_->value; }
  Seqno seqno() const { return at_->seqno; }
  Kind kind() const { return at_->kind; }
  void next() { ++at_; }

 private:
  const Record* at_;
  const Record* end_;
};

struct Sink {
  void begin_table(TableNumber number) { numbers.push_back(number); }
  void add(const Entry& e) {
    records.push_back({std::string(e.key), e.seqno, e.kind, std::string(e.value)});
  }
  void end_table(TableMeta meta) { metas.push_back(std::move(meta)); }

  std::vector<TableNumber> numbers;
  std::vector<TableMeta> metas;
  Records records;
};

MergeCounts merge(const MergeRules& rules, const std::vector<Records>& inputs, Sink& sink) {
  std::vector<Source> sources(inputs.begin(), inputs.end());
  return merge_tables(rules, std::span<Source>(sources), sink);
}

MergeRules keep_newest() {
  MergeRules rules;
  rules.job = JobNumber{7};
  rules.history_floor = kMaxSeqno;
  rules.zero_seqnos = true;
  return rules;
}

// Source i holds seqnos above those of source i + 1.
std::vector<Records> random_inputs(std::mt19937_64& random, size_t sources, size_t records) {
  std::vector<Records> inputs(sources);
  Seqno seqno = 0;
  for (size_t i = sources; i-- > 0;) {
    std::map<std::pair<std::string, Seqno>, Record> sorted;
    for (size_t n = 0; n < random() % (records + 1); ++n) {
      ++seqno;
      const std::string key =
          "key" + std::string(random() % 3, 'x') + std::to_string(random() % 40);
      const Kind kind = random() % 4 == 0 ? Kind::kDelete : Kind::kPut;
      sorted[{key, kMaxSeqno - seqno}] = {key, seqno, kind, std::string(random() % 9, 'v')};
    }
    for (auto& [order, record] : sorted) inputs[i].push_back(record);
  }
  return inputs;
}

}  // namespace

TEST_CASE("any number of sources merge into one order") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    const std::vector<Records> inputs = random_inputs(random, random() % 12, 30);
    std::vector<Source> sources(inputs.begin(), inputs.end());
    std::map<std::pair<std::string, Seqno>, std::string> expected;
    for (const Records& records : inputs)
      for (const Record& r : records) expected[{r.key, kMaxSeqno - r.seqno}] = r.value;
    LoserTree<Source> tree{std::span<Source>(sources)};
    for (const auto& [order, value] : expected) {
      REQUIRE(tree.valid());
      REQUIRE(tree.top().key() == order.first);
      REQUIRE(tree.top().seqno() == kMaxSeqno - order.second);
      REQUIRE(tree.top().value() == value);
      tree.next();
    }
    REQUIRE_FALSE(tree.valid());
  }
}

TEST_CASE("the newest puts come out, summed up as their tables say") {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    const std::vector<Records> inputs = random_inputs(random, 1 + random() % 5, 200);
    std::map<std::string, Record> newest;
    uint64_t total = 0;
    for (const Records& records : inputs) {
      total += records.size();
      for (const Record& r : records)
        if (!newest.contains(r.key) || newest.at(r.key).seqno < r.seqno) newest[r.key] = r;
    }
    std::erase_if(newest, [](const auto& entry) { return entry.second.kind == Kind::kDelete; });

    MergeRules rules = keep_newest();
    rules.cut.target_weight = rules.cut.max_weight = 50 + random() % 300;
    rules.input_entry_count = total;
    Sink sink;
    const MergeCounts counts = merge(rules, inputs, sink);
    CHECK(counts.in_entries == total);
    CHECK(counts.out_entries == newest.size());
    CHECK(counts.dropped_entries == total - newest.size());
    CHECK(counts.zeroed_seqnos == newest.size());
    REQUIRE(sink.records.size() == newest.size());
    size_t i = 0;
    for (const auto& [key, record] : newest) {
      CHECK(sink.records[i].key == key);
      CHECK(sink.records[i].value == record.value);
      CHECK(sink.records[i].seqno == 0);
      ++i;
    }

    i = 0;
    REQUIRE(sink.metas.size() == sink.numbers.size());
    for (size_t t = 0; t < sink.metas.size(); ++t) {
      const TableMeta& meta = sink.metas[t];
      CHECK(meta.number == pack_table_number(JobNumber{7}, 0, static_cast<uint32_t>(t)));
      CHECK(meta.smallest.key == sink.records[i].key);
      uint64_t weight = 0, key_bytes = 0;
      for (uint64_t n = 0; n < meta.entry_count; ++n, ++i) {
        weight += weight_of(sink.records[i].key.size(), sink.records[i].value.size());
        key_bytes += sink.records[i].key.size();
      }
      CHECK(meta.largest.key == sink.records[i - 1].key);
      CHECK(meta.weight == weight);
      CHECK(meta.key_bytes == key_bytes);
      CHECK(meta.value_bytes == weight - key_bytes - 8 * meta.entry_count);
      if (t + 1 < sink.metas.size()) CHECK(weight >= rules.cut.target_weight);
      std::string bytes;
      encode(meta, bytes);
      CHECK(decode_table_meta(bytes) == meta);
    }
    CHECK(i == sink.records.size());
  }
}

TEST_CASE("a user key never splits between tables, however many versions it has") {
  Records records;
  for (Seqno seqno = 100; seqno > 0; --seqno) records.push_back({"a", seqno, Kind::kPut, "v"});
  records.push_back({"b", 1, Kind::kPut, "v"});
  MergeRules rules;
  rules.history_floor = 0;
  rules.cut.target_weight = rules.cut.max_weight = 30;
  Sink sink;
  merge(rules, {records}, sink);
  REQUIRE(sink.metas.size() == 2);
  CHECK(sink.metas[0].entry_count == 100);
  CHECK(sink.metas[0].smallest == TableBound{"a", 100, Kind::kPut, false});
  CHECK(sink.metas[0].largest == TableBound{"a", 1, Kind::kPut, false});
  CHECK(sink.metas[0].smallest_seqno == 1);
  CHECK(sink.metas[0].largest_seqno == 100);
}

TEST_CASE("parts number their tables apart, by their bound and not by what came before") {
  MergeRules rules = keep_newest();
  rules.cut.target_weight = rules.cut.max_weight = 15;
  rules.cut.part_bounds = {"c", "e", "g"};
  Sink sink;
  merge(rules,
        {{{"a", 1, Kind::kPut, ""},
          {"b", 2, Kind::kPut, ""},
          {"bb", 3, Kind::kPut, ""},
          {"e", 4, Kind::kPut, ""},
          {"h", 5, Kind::kPut, ""}}},
        sink);
  std::vector<std::string> numbers;
  for (const TableNumber number : sink.numbers) numbers.push_back(to_text(number));
  CHECK(numbers == std::vector<std::string>{"#7", "#7.0.1", "#7.2.0", "#7.3.0"});
}

TEST_CASE("records out of order, doubled, or missing end the merge") {
  Sink sink;
  const Record a1{"a", 1, Kind::kPut, ""}, a2{"a", 2, Kind::kPut, ""}, b{"b", 3, Kind::kPut, ""};
  CHECK_THROWS_AS(merge(keep_newest(), {{b, a1}}, sink), std::logic_error);
  CHECK_THROWS_AS(merge(keep_newest(), {{a1, a2}}, sink), std::logic_error);
  CHECK_THROWS_AS(merge(keep_newest(), {{a1}, {a1}}, sink), std::logic_error);
  MergeRules rules = keep_newest();
  rules.input_entry_count = 4;
  CHECK_THROWS_AS(merge(rules, {{a2, a1, b}}, sink), std::logic_error);
  rules.input_entry_count = 3;
  CHECK_NOTHROW(merge(rules, {{a2, a1, b}}, sink));
}

TEST_CASE("key samples are few, in order, and evenly spaced by weight") {
  for (const size_t records : {1, 10, 100, 5'000}) {
    Records all;
    for (size_t i = 0; i < records; ++i)
      all.push_back({"key" + std::string(40, 'k') + std::to_string(100'000 + i), 1, Kind::kPut,
                     std::string(100, 'v')});
    Sink sink;
    merge(keep_newest(), {all}, sink);
    const TableMeta& meta = sink.metas.at(0);
    REQUIRE(!meta.samples.empty());
    CHECK(meta.samples.size() <= kMaxKeySamples);
    if (records >= 100) CHECK(meta.samples.size() >= kMaxKeySamples / 2);
    CHECK(meta.samples[0].weight_before == 0);
    CHECK(meta.samples[0].key.size() == kMaxSampleBytes);
    const uint64_t spacing = meta.weight / meta.samples.size();
    for (size_t i = 1; i < meta.samples.size(); ++i) {
      const uint64_t gap = meta.samples[i].weight_before - meta.samples[i - 1].weight_before;
      CHECK(gap < 3 * spacing + 2'000);
    }
  }
}
