#pragma once

// For writers of reports: only their .cc files include this header.
#include <nlohmann/json.hpp>

#include "engine/rehearse/scores.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::rehearse {

using Json = nlohmann::ordered_json;

/// The fields that every report gives of a run, appended to `out`.
void AddScores(const Scores& scores, Json& out);
[[nodiscard]] Json PlantJson(const RunOptions& options);
[[nodiscard]] std::string Dump(const Json& json);

}  // namespace hpaplus::rehearse
