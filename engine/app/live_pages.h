#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/decision_board.h"
#include "engine/api/quota_board.h"
#include "engine/ports/clock.h"
#include "engine/record/recent_decisions.h"
#include "engine/shell/admin_server.h"

namespace hpaplus::app {

/// What a running engine tells by HTTP about its decisions, docs/status-page.md:
///
///     /v1/status                       objects, a line each: q, sort, limit
///     /v1/history/NAMESPACE/NAME       one object over time
///     /v1/decisions/NAMESPACE/NAME     its decisions: last, at, id; without these, the last one,
///                                      as DecisionPage has it
///     /v1/quotas                       as QuotaPage has it
///
/// Thread-safe. All references must outlive it.
class LivePages {
 public:
  struct Facts {
    std::string version;
    bool dry_run = false;
  };

  /// `recent` is null where no more than the last decisions are kept.
  LivePages(const api::DecisionBoard& board, const api::QuotaBoard& quotas,
            const record::RecentDecisions* recent, Clock& clock, Facts facts);

  [[nodiscard]] AdminServer::JsonReply Answer(std::string_view path,
                                              const AdminServer::Query& query) const;

 private:
  using Reply = AdminServer::JsonReply;

  [[nodiscard]] Reply Fleet(const AdminServer::Query& query) const;
  [[nodiscard]] Reply History(const api::DecisionBoard::Entry& entry) const;
  [[nodiscard]] Reply Decisions(const api::DecisionBoard::Entry& entry,
                                const AdminServer::Query& query) const;
  // Oldest first; the last one at least, unless there has been none.
  [[nodiscard]] std::vector<record::PastDecision> PastOf(const api::BoardEntry& entry) const;

  const api::DecisionBoard& board_;
  const api::QuotaBoard& quotas_;
  const record::RecentDecisions* const recent_;
  Clock& clock_;
  const Facts facts_;
};

}  // namespace hpaplus::app
