#pragma once

#include <string>

#include "engine/model/json_fields.h"

namespace hpaplus::replay {

// Lines of `hpaplus decide` that are no cases; the answers have the form of what is recorded of the
// HPA, so that they can be compared as they are. Problems are kept in the field's document.

/// {"input": {"featureGates", "hpa", "oldHPA"}} -> {"name", "errors", "spec"}: what an API server
/// says to this object, new or changed, and what it makes of its spec.
[[nodiscard]] std::string AnswerAdmission(const JsonField& root);

/// Whether this is a line of a table: one with a "kind".
[[nodiscard]] bool IsTableLine(const JsonField& root);

/// Of kind parse and fromMilli (quantities), groupPods and calculateRequests.
[[nodiscard]] std::string AnswerTable(const JsonField& root);

}  // namespace hpaplus::replay
