#pragma once

#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"
#include "engine/loop/round_tap.h"
#include "engine/record/segment_reader.h"

namespace hpaplus::app {

/// A decision, and all that is needed to make it again.
struct Situation {
  std::shared_ptr<const Round> round;  // Never null.
  std::optional<History> history;      // From before it; null: it is not known.
  DecideConfig config;
  std::optional<record::RecordedWrite> write;
};

/// Adds to a decision's JSON what would have changed it, "counterfactuals", and, where `what_if`
/// names a change as WhatIf() takes it, what would have been decided then, "whatIf". Takes some
/// hundred times as long as the decision. kInvalidArgument: the change makes no sense.
///
/// Precondition: the situation has a history.
[[nodiscard]] Status AddAlternatives(const Situation& situation, const std::string& what_if,
                                     nlohmann::ordered_json& decision);

}  // namespace hpaplus::app
