#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/decision.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

// Decisions in words. Pure; texts are for people and never parsed.

/// What a namespace's quota leaves: "quota compute has requests.cpu for 5, 3 more are wanted".
[[nodiscard]] std::string QuotaText(const QuotaShortage& shortage);

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
