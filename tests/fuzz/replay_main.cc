// Runs a target without libFuzzer: what once went wrong (tests/fuzz/regressions/<target>/), then
// mutations of the target's seeds, always the same ones for the same LSMKIT_FUZZ_SEED (1).
//
//   fuzz_table              regressions and LSMKIT_FUZZ_RUNS mutations
//   fuzz_table FILE...      these inputs alone
//   fuzz_table --seeds DIR  writes the seeds there
//
// An input that breaks a promise, or takes longer than two seconds of CPU or a minute on the clock,
// is written to a file whose name is printed, and the run ends.
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz_target.h"
#include "mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using namespace lsmkit::fuzz;

constexpr long kMostCpuSeconds = 2;
constexpr long kMostSeconds = 60;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kSlowness = 8;  // of a build with sanitizers
#else
constexpr uint64_t kSlowness = 1;
#endif

// The input being run, for whoever has to tell of it.
std::string input;
char saved_as[512];
char how_to_repeat[1024];

void write_all(int to, const char* bytes, size_t count) {
  while (count > 0) {
    const ssize_t written = write(to, bytes, count);
    if (written <= 0) return;
    bytes += written;
    count -= static_cast<size_t>(written);
  }
}

// Safe in a signal handler, and done once only.
void tell() {
  static volatile sig_atomic_t told = 0;
  if (told != 0 || saved_as[0] == '\0') return;
  told = 1;
  const int file = open(saved_as, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  write_all(file, input.data(), input.size());
  close(file);
  write_all(2, how_to_repeat, std::strlen(how_to_repeat));
}

void on_signal(int number) {
  constexpr char kTooLong[] = "broken promise: an input takes too long\n";
  if (number == SIGPROF || number == SIGALRM) write_all(2, kTooLong, sizeof kTooLong - 1);
  tell();
  signal(number, SIG_DFL);
  raise(number);
}

void set_timers(long cpu_seconds, long seconds) {
  const itimerval cpu{{0, 0}, {cpu_seconds, 0}};
  setitimer(ITIMER_PROF, &cpu, nullptr);
  const itimerval wall{{0, 0}, {seconds, 0}};
  setitimer(ITIMER_REAL, &wall, nullptr);
}

void run(std::string bytes, const std::string& name, const std::string& origin) {
  input = std::move(bytes);
  std::snprintf(saved_as, sizeof saved_as, "%s", name.c_str());
  std::snprintf(how_to_repeat, sizeof how_to_repeat,
                "%s\nthe input is in %s; to repeat: fuzz_%s %s\n", origin.c_str(), name.c_str(),
                kTarget.name, name.c_str());
  set_timers(kMostCpuSeconds, kMostSeconds);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
  set_timers(0, 0);
  saved_as[0] = '\0';
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "can't read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

uint64_t from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string name_of_failure(const std::string& which) {
  return "fuzz_" + std::string(kTarget.name) + "-" + which + ".input";
}

void run_file(const std::filesystem::path& path) {
  run(contents_of(path), name_of_failure(path.filename().string()), "it was " + path.string());
}

uint64_t run_regressions() {
  const std::filesystem::path folder =
      std::filesystem::path(LSMKIT_FUZZ_REGRESSIONS) / kTarget.name;
  if (!std::filesystem::exists(folder)) return 0;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) run_file(path);
  return paths.size();
}

void run_mutations() {
  const uint64_t seed = from_environment("LSMKIT_FUZZ_SEED", 1);
  const uint64_t runs = from_environment("LSMKIT_FUZZ_RUNS", kTarget.default_runs / kSlowness);
  const std::vector<std::string> from = seeds();
  for (size_t i = 0; i < from.size(); ++i) {
    const std::string which = "seed" + std::to_string(i);
    run(from[i], name_of_failure(which), "it was " + which);
  }
  for (uint64_t i = 0; i < runs; ++i) {
    std::seed_seq sequence{seed, i};
    std::mt19937_64 random(sequence);
    run(mutated(from, random), name_of_failure(std::to_string(seed) + "-" + std::to_string(i)),
        "it was mutation " + std::to_string(i) + " of LSMKIT_FUZZ_SEED=" + std::to_string(seed));
  }
  std::printf("%s: %zu seeds, %llu mutations of LSMKIT_FUZZ_SEED=%llu\n", kTarget.name, from.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
}

void write_seeds(const std::filesystem::path& folder) {
  int number = 0;
  for (const std::string& seed : seeds()) {
    std::ofstream(folder / ("seed" + std::to_string(number++)), std::ios::binary) << seed;
  }
}

}  // namespace

int main(int count, char** arguments) {
  for (const int number : {SIGABRT, SIGPROF, SIGALRM}) signal(number, on_signal);
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(tell);  // and the rest is the sanitizer's
  } else {
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, on_signal);
  }
  const std::vector<std::string> given(arguments + 1, arguments + count);
  if (given.size() == 2 && given[0] == "--seeds") {
    write_seeds(given[1]);
  } else if (!given.empty()) {
    for (const std::string& path : given) run_file(path);
  } else {
    std::printf("%s: %llu regressions\n", kTarget.name,
                static_cast<unsigned long long>(run_regressions()));
    run_mutations();
  }
  return 0;
}
