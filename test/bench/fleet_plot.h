#pragma once

#include <string>
#include <vector>

namespace hpaplus::bench {

struct FleetMinute {
  double late_p50_ms = 0;
  double late_p99_ms = 0;
  double late_most_ms = 0;
  double resident_mib = 0;
};

/// Lateness and memory over time, as an SVG of its own.
[[nodiscard]] std::string DrawFleet(const std::vector<FleetMinute>& course);

}  // namespace hpaplus::bench
