#include "machine.h"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace lsmkit::bench {
namespace {

// The type of the mount that the path lies on: a sync on tmpfs costs nothing.
std::string file_system_of(const std::string& dir) {
  const std::string path = std::filesystem::canonical(dir).string() + "/";
  std::ifstream mounts("/proc/self/mounts");
  std::string line, best_point, best_type = "unknown";
  while (std::getline(mounts, line)) {
    std::istringstream fields(line);
    std::string device, point, type;
    fields >> device >> point >> type;
    if (point.back() != '/') point += '/';
    if (path.starts_with(point) && point.size() >= best_point.size()) {
      best_point = point;
      best_type = type;
    }
  }
  return best_type;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> machine_facts(const std::string& dir) {
  utsname system{};
  uname(&system);
  return {{"system", std::string(system.sysname) + " " + system.release + " " + system.machine},
          {"processors", std::to_string(std::thread::hardware_concurrency())},
          {"compiler", std::string(__VERSION__)},
#ifdef NDEBUG
          {"build", "optimized"},
#else
          {"build", "with assertions"},
#endif
          {"file_system", file_system_of(dir)}};
}

}  // namespace lsmkit::bench
