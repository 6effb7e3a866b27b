#pragma once

#include <string>

#include "engine/model/decision.h"

namespace hpaplus::rehearse {

/// The step that had the last word on a size: the last one that moved it, else what was combined.
struct LastWord {
  Stage stage = Stage::kCombine;
  Reason reason = Reason::kNone;
};
[[nodiscard]] LastWord LastWordOf(const Decision& decision);

/// How a size came about, on one line for people: what the metric that won asks for, and every step
/// that moved the size from there.
[[nodiscard]] std::string ExplainSize(const Decision& decision, const WorkloadSpec& spec);

}  // namespace hpaplus::rehearse
