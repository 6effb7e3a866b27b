#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace hpaplus::app {

/// A decision in the form of DecisionJson(), with "counterfactuals" and "whatIf" where there are
/// any, for people: every stage with what it was given, what it made of it, and why.
[[nodiscard]] std::string ExplainTable(const nlohmann::ordered_json& decision);

}  // namespace hpaplus::app
