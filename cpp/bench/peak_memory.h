// How much memory the process has had at most.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lsmkit {

// 0 if the system does not say.
inline double peak_resident_mib() {
  double peak_kib = 0;
  char line[128];
  std::FILE* status = std::fopen("/proc/self/status", "r");
  while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr)
    if (std::strncmp(line, "VmHWM:", 6) == 0) peak_kib = std::strtod(line + 6, nullptr);
  if (status != nullptr) std::fclose(status);
  return peak_kib / 1024;
}

}  // namespace lsmkit
