// A log can be read while another process appends to it: what stood when the reading began is read,
// perhaps more, and nothing half-written is taken for damage.
//
// The writer is simulated to the byte: at every read of the reader it gets some steps further. Half
// of its steps leave a chunk half-written, as memory that is mapped shows it: its payload stands,
// its header does not.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "log_disk.h"

using namespace lsmkit;

namespace {

struct Step {
  uint64_t log;
  uint64_t end;         // of the file after the step
  size_t record_count;  // committed in all logs after the step
};

// A chain as it is when its writer has finished, and the steps that led there.
struct Story {
  StringDisk finished;
  std::vector<Step> steps;
  std::vector<std::string> records;
};

Story write_story(std::mt19937_64& random) {
  Story story;
  for (uint64_t n = 1; n <= 4; ++n) {
    auto log = create_log(story.finished, n, n - 1);
    story.steps.push_back({n, log->size(), story.records.size()});
    for (int i = 0; i < 12; ++i) {
      const std::string record =
          patterned(random() % 5 == 0 ? random() % 40'000 : random() % 2000, random());
      const LogPosition known = random() % 3 ? log->position() : kNothingSynced;
      append(*log, record, known);
      story.records.push_back(record);
      story.steps.push_back({n, log->size(), story.records.size()});
    }
    if (n < 4) log->seal(number(n + 1), n, log->position());
    story.steps.push_back({n, log->size(), story.records.size()});
  }
  return story;
}

// Shows the first `done` steps of a story on `disk`; the step after them half done.
class Writer {
 public:
  Writer(const Story& story, StringDisk& disk, bool allocates_ahead)
      : story_(story), disk_(disk), allocates_ahead_(allocates_ahead) {}

  void show(size_t done, bool half_done) {
    done_ = done;
    for (size_t i = shown_; i < done; ++i) show(story_.steps[i], 0);
    shown_ = done;
    if (half_done && done < story_.steps.size()) show(story_.steps[done], kChunkHeaderBytes);
    // A log's header stands and is synced before the log before it is sealed.
    if (done < story_.steps.size() && story_.steps[done].log < 4) {
      const uint64_t next = story_.steps[done].log + 1;
      show({next, kLogHeaderBytes, 0}, 0);
    }
  }
  size_t done() const { return done_; }

 private:
  // Copies what the step adds; `hidden` bytes at its beginning are still zero.
  void show(const Step& step, size_t hidden) {
    const std::string& whole = story_.finished.files.at(path_of(step.log));
    std::string& file = disk_.files[path_of(step.log)];
    uint64_t& end = ends_[step.log];
    if (step.end <= end) return;
    if (allocates_ahead_) file.resize(whole.size() + 50'000);
    file.resize(std::max<size_t>(file.size(), step.end));
    const uint64_t begin = end + hidden;
    if (begin < step.end) file.replace(begin, step.end - begin, whole, begin, step.end - begin);
    if (hidden == 0) end = step.end;
  }

  const Story& story_;
  StringDisk& disk_;
  const bool allocates_ahead_;
  std::map<uint64_t, uint64_t> ends_;
  size_t shown_ = 0;
  size_t done_ = 0;
};

std::vector<uint64_t> logs_on(const StringDisk& disk) {
  std::vector<uint64_t> logs;
  for (const auto& [path, content] : disk.files)
    logs.push_back(static_cast<uint64_t>(*parse_log_file_name(path.substr(3))));
  return logs;
}

}  // namespace

TEST_CASE("a reader beside a live writer gets at least what stood when it began, and no error") {
  std::mt19937_64 random(77);
  size_t looked_far = 0;
  for (int round = 0; round < 500; ++round) {
    const Story story = write_story(random);
    StringDisk disk;
    Writer writer(story, disk, round % 2 == 0);
    const size_t begin = 1 + random() % (story.steps.size() - 1);
    const size_t pace = 1 + random() % 12;
    writer.show(begin, random() % 2);
    const std::vector<uint64_t> present = logs_on(disk);
    disk.before_read = [&](const std::string&, uint64_t) {
      const size_t done = std::min(story.steps.size(), writer.done() + random() % pace);
      writer.show(done, random() % 2);
    };
    const Replayed result = replay(disk, present, 1);
    CAPTURE(round);
    REQUIRE(result.error == "");
    REQUIRE(result.records.size() >= story.steps[begin - 1].record_count);
    REQUIRE(result.records.size() <= story.records.size());
    REQUIRE(std::equal(result.records.begin(), result.records.end(), story.records.begin()));
    looked_far += result.records.size() > story.steps[begin - 1].record_count;
  }
  CHECK(looked_far > 0);
}

TEST_CASE("a chunk that was half-written when first read, and is whole at the second look") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "first");
  const uint64_t half = log->size();
  append(*log, "half-written");
  append(*log, patterned(50'000, 1));
  append(*log, "third", log->position());
  std::string& file = disk.files[path_of(1)];
  const std::string whole = file;
  std::fill_n(file.begin() + static_cast<ptrdiff_t>(half), kChunkHeaderBytes, '\0');

  SUBCASE("was being written") {
    disk.before_read = [&](const std::string&, uint64_t offset) {
      if (offset == kLogBlockBytes) file = whole;
    };
    CHECK(replay(disk, {1}, 1).records.size() == 4);
  }
  SUBCASE("stays as it is: damage") {
    CHECK(replay(disk, {1}, 1).damaged_offset == half);
  }
}

TEST_CASE("a log that is trimmed by its close while it is read ends where its data ends") {
  StringDisk disk;
  auto log = create_log(disk, 1);
  append(*log, "a");
  std::string& file = disk.files[path_of(1)];
  const size_t data = file.size();
  file.append(200'000, '\0');
  disk.before_read = [&](const std::string&, uint64_t) { file.resize(data); };
  const Replayed result = replay(disk, {1}, 1);
  CHECK(result.records == std::vector<std::string>{"a"});
  CHECK(result.report.torn_tail == "");
}
