#pragma once

#include <cstddef>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "engine/api/decision_board.h"
#include "engine/base/result.h"
#include "engine/record/recent_decisions.h"
#include "engine/shell/admin_server.h"

namespace hpaplus::app {

/// Which objects the fleet table shows, and in which order.
struct FleetQuery {
  enum class Order { kName, kAttention, kChange, kReplicas, kOldest };

  std::string text;  // Words in lower case, all of which occur in an object's names or last word.
  Order order = Order::kName;
  std::size_t limit = 100;  // 1 .. 500.
};

/// q, sort, limit; kInvalidArgument names what makes no sense.
[[nodiscard]] Result<FleetQuery> ParseFleetQuery(const AdminServer::Query& query);

/// Adds "objects", "held", "limited", "matched" and "rows", docs/status-page.md. `recent` may be
/// null.
void AddFleet(const api::DecisionBoard& board, const record::RecentDecisions* recent,
              const FleetQuery& query, nlohmann::ordered_json& out);

}  // namespace hpaplus::app
