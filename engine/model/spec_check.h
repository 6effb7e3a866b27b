#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/model/field_problem.h"

namespace hpaplus {

/// Everything that is wrong with an object of ours, ordered by path: what an API server with our
/// CRDs and strict field validation would refuse, in its words, defaults applied. It goes on where
/// the server stops at the first class of problems. Empty exactly when the server would take the
/// object. Thread-safe.
[[nodiscard]] std::vector<FieldProblem> CheckObject(std::string_view json);

/// The CEL rules of our CRDs alone, on an object with defaults; fields of a wrong type are passed
/// over. For whoever has a Schema and validates with it. Another kind has no rules.
[[nodiscard]] std::vector<FieldProblem> CheckRules(const nlohmann::ordered_json& object);

/// Whether an API server, having found this kind of problem, leaves the CEL rules unchecked.
[[nodiscard]] bool BlocksRules(ProblemKind kind);

}  // namespace hpaplus
