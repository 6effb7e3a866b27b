#pragma once

#include <optional>

#include "engine/model/json_fields.h"
#include "engine/model/workload.h"

namespace hpaplus {

// Readers of what HPAPlus adds to the HPA's spec to shape a size. What is absent gives null or the
// defaults; problems are the document's.

[[nodiscard]] std::optional<Smoothing> ReadSmoothing(const JsonField& field);
[[nodiscard]] std::optional<BurstSpec> ReadBurst(const JsonField& field);

}  // namespace hpaplus
