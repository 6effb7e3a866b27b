#pragma once

#include <string_view>
#include <vector>

#include "engine/replay/case_run.h"

namespace hpaplus::replay {

/// The rules of docs/hpa-compatibility.md by which this round may differ from the stock HPA's:
/// "D1", "D2", "D5", in this order. Empty: it is the HPA's.
[[nodiscard]] std::vector<std::string_view> DeviationsOf(const RoundInput& in,
                                                         const std::vector<Proposal>& proposals);

}  // namespace hpaplus::replay
