#pragma once

#include <string>
#include <vector>

#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// What has been compared.
struct SimulateReport {
  std::string trace;  // The file's name.
  double trace_seconds = 0;
  double trace_peak = 0;
  RunOptions options;
  std::vector<PolicyRun> runs;
};

/// One JSON object, "schema": "hpaplus.io/simulate/v1"; docs/simulate.md has its fields.
[[nodiscard]] std::string SimulateJson(const SimulateReport& report);
/// For people: one row per policy.
[[nodiscard]] std::string SimulateTable(const SimulateReport& report);

}  // namespace hpaplus::rehearse
