#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/api/decision_board.h"

namespace hpaplus::app {

/// What HTTP says about decisions, docs/offline.md:
///
///     /v1/decisions                  all objects, a line's worth each
///     /v1/decisions/NAMESPACE/NAME   one object, with each step of its last decision
///
/// JSON; null for another path, or an object that is not there.
[[nodiscard]] std::optional<std::string> DecisionPage(const api::DecisionBoard& board,
                                                      std::string_view path);

}  // namespace hpaplus::app
