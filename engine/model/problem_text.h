#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "engine/model/field_problem.h"

namespace hpaplus {

/// As Go's %q: "\"a\\tb\"".
[[nodiscard]] std::string Quoted(std::string_view text);

/// A JSON value as an API server prints it in a complaint: numbers as Go does, the rest as JSON.
[[nodiscard]] std::string ValueText(const nlohmann::ordered_json& value);

/// "Invalid value: 0: must be at least 1".
[[nodiscard]] FieldProblem InvalidValue(std::string path, std::string_view value_text,
                                        std::string_view detail);

}  // namespace hpaplus
