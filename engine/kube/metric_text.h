#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/model/decision.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

// What metrics say in words. Pure; texts are for people and never parsed.

/// "1,431", "11.9", "0.04": three significant digits, all of a whole number's.
[[nodiscard]] std::string NumberText(double number);

/// The number of a metric of the workload as a whole, in its own unit; null when it is unknown.
[[nodiscard]] std::optional<double> NumberOf(const MetricOutcome& outcome);

/// "cpu: 71%/65%, rps: 88/120, queue: 40"; "<unknown>" for what is not known.
[[nodiscard]] std::string TargetsText(const Decision& decision, const WorkloadSpec& spec);

/// What one metric says: "rps 1,431 over 120 each (needs 11.9)", "cpu 32% under 65%", "rps is
/// unknown (NoData)".
[[nodiscard]] std::string MetricText(const MetricOutcome& outcome, const MetricSpec& metric);

/// What a formula was computed from: ", (queue + 2 * inflight) / capacity of queue 40 (3 s old),
/// ...". Empty for other metrics.
[[nodiscard]] std::string FormulaText(const Decision& decision, const WorkloadSpec& spec,
                                      std::size_t metric);

}  // namespace hpaplus::kube
