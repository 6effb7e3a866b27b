#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/record/recent_decisions.h"

namespace hpaplus::app {

/// What an object's decisions were over time, in columns, docs/status-page.md: "t", "id",
/// "current", "desired", "recommended", "lastWord", "written", and "metrics" with what each was and
/// should have been. `past`, oldest first, has one decision at least; the metrics are those of the
/// newest.
void AddHistory(const std::vector<record::PastDecision>& past, nlohmann::ordered_json& out);

}  // namespace hpaplus::app
