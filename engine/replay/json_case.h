#pragma once

#include "engine/model/json_fields.h"
#include "engine/replay/hpa_case.h"

namespace hpaplus::replay {

/// Reads one case as docs/decide.md describes it; what makes no sense is the document's problem. An
/// answer of a metric API that makes no sense is what it would be in a cluster: a metric that
/// cannot be read.
[[nodiscard]] HpaCase ReadCase(const JsonField& root);

}  // namespace hpaplus::replay
