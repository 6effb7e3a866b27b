#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "engine/api/decision_board.h"
#include "engine/record/segment_reader.h"

namespace hpaplus::app {

/// What HTTP says about decisions, docs/offline.md:
///
///     /v1/decisions                  all objects, a line's worth each
///     /v1/decisions/NAMESPACE/NAME   one object, with each step of its last decision
///
/// JSON; null for another path, or an object that is not there.
[[nodiscard]] std::optional<std::string> DecisionPage(const api::DecisionBoard& board,
                                                      std::string_view path);

/// One decision with each of its steps, as that page has it.
[[nodiscard]] nlohmann::ordered_json DecisionJson(const Decision& decision,
                                                  const WorkloadView& view);

/// Adds to the entry's decision where a dry run would have led by now, "shadow", where there is
/// one.
void AddShadow(const api::BoardEntry& entry, nlohmann::ordered_json& decision);

/// "written: 3 -> 5", "not written, 3 -> 5: why".
[[nodiscard]] std::string WriteText(const record::RecordedWrite& write);

/// By which a decision can be found again: sixteen hexadecimal digits.
[[nodiscard]] std::string DecisionId(const WorkloadSpec& spec, Timestamp at);

}  // namespace hpaplus::app
