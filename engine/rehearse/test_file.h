#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/rehearse/policy_test.h"

namespace hpaplus::rehearse {

/// Gives the object of a file that a test file names.
using LoadPolicy = std::function<Result<WorkloadSpec>(const std::string& file)>;

/// Reads a file of policy tests, docs/test.md. kMalformedData: "LINE:COLUMN: tests[0].input.rps
/// ...".
[[nodiscard]] Result<std::vector<PolicyTest>> ReadTestFile(std::string_view yaml,
                                                           const LoadPolicy& load);

/// ">= 40", "9"; with `durations` ">= 40s" in seconds too. Nothing for what is neither.
[[nodiscard]] std::optional<Comparison> ParseComparison(std::string_view text, bool durations);

}  // namespace hpaplus::rehearse
