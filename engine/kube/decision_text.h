#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/decision.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

// Decisions in words. Pure; texts are for people and never parsed.

/// "1,431", "11.9", "0.04": three significant digits, all of a whole number's.
[[nodiscard]] std::string NumberText(double number);

/// "cpu: 71%/65%, rps: 88/120"; "<unknown>" for what is not known.
[[nodiscard]] std::string TargetsText(const Decision& decision, const WorkloadSpec& spec);

/// What one metric says: "rps 1,431 over 120 each (needs 11.9)", "cpu 32% under 65%".
[[nodiscard]] std::string MetricText(const MetricOutcome& outcome, const MetricSpec& metric);

/// "7 -> 12: rps 1,431 over 120 each (needs 11.9); limited by scaleUp policy 100%/15s".
[[nodiscard]] std::string DecisionText(const Decision& decision, const WorkloadView& view);

/// Who froze the object, or until when.
[[nodiscard]] std::string FreezeText(const WorkloadView& view);

/// Why a condition stands as it does.
[[nodiscard]] std::string ConditionText(const Condition& condition, const Decision& decision,
                                        const WorkloadView& view);

/// Which of spec.metrics decided; nothing when none did.
[[nodiscard]] std::optional<std::size_t> WinningMetric(const Decision& decision);

/// The first of spec.metrics that abstains; nothing when none does.
[[nodiscard]] std::optional<std::size_t> FirstUnknownMetric(const Decision& decision);

/// The steps after the metrics that changed the number.
[[nodiscard]] std::vector<const DecisionStep*> LimitingSteps(const Decision& decision);

}  // namespace hpaplus::kube
