#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/replay/case_run.h"

namespace hpaplus::replay {

/// {"name": ..., "steps": [...]} as docs/decide.md describes it, on one line. The same results give
/// the same bytes.
[[nodiscard]] std::string CaseResultJson(std::string_view name, const CaseObject& admitted,
                                         const std::vector<StepResult>& steps,
                                         const CaseRun::Options& options);

/// {"line": 3, "error": "input.steps[0].now is missing"}
[[nodiscard]] std::string CaseErrorJson(std::size_t line, std::string_view name,
                                        std::string_view error);

}  // namespace hpaplus::replay
