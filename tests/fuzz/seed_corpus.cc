// For libFuzzer: fills an empty corpus directory, the first that the command line names, with the
// target's own seeds.
#include <filesystem>
#include <fstream>

#include "fuzz_target.h"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  for (int i = 1; i < *count; ++i) {
    const std::filesystem::path path = (*arguments)[i];
    if (!std::filesystem::is_directory(path)) continue;
    if (!std::filesystem::is_empty(path)) break;
    int number = 0;
    for (const std::string& seed : lsmkit::fuzz::seeds()) {
      std::ofstream(path / ("seed" + std::to_string(number++)), std::ios::binary) << seed;
    }
    break;
  }
  return 0;
}
