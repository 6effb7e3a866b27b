#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/core/policy.h"
#include "engine/replay/case_run.h"

namespace hpaplus::replay {

/// The longest line that is read.
inline constexpr std::size_t kLineMost = 64U << 20U;

/// Answers one line of `hpaplus decide`, a case most often, as docs/decide.md describes it.
/// kMalformedData names the JSON path of the first thing that makes no sense
/// ("input.steps[2].now is not a time ..."). Pure: the same line gives the same bytes.
[[nodiscard]] Result<std::string> AnswerLine(std::string_view line, const PolicyFactory& policies,
                                             const CaseRun::Options& options);

}  // namespace hpaplus::replay
