#pragma once

#include <sstream>
#include <string>

#include <unistd.h>

#include "test/support/kube_cluster.h"

namespace hpaplus::bench {

/// What a process has used so far; zeros for one that is not there.
struct ProcessUsage {
  double cpu_seconds = 0;
  double resident_bytes = 0;

  [[nodiscard]] static ProcessUsage Of(int pid) {
    const std::string stat = test::ReadFile("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest(stat.substr(name_end + 1));
    std::string skipped;
    double user = 0;
    double system = 0;
    double pages = 0;
    for (int field = 3; field < 14; ++field)
      rest >> skipped;
    rest >> user >> system;
    for (int field = 16; field < 24; ++field)
      rest >> skipped;
    rest >> pages;
    return {(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK)),
            pages * static_cast<double>(::sysconf(_SC_PAGESIZE))};
  }
};

}  // namespace hpaplus::bench
