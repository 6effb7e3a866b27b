#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/api/decision_board.h"
#include "engine/api/quota_board.h"
#include "engine/ports/clock.h"
#include "engine/record/recent_decisions.h"
#include "engine/record/watched_rounds.h"
#include "engine/shell/admin_server.h"

namespace hpaplus::app {

/// What a running engine tells by HTTP about its decisions, docs/status-page.md:
///
///     /v1/status                       objects, a line each: q, sort, limit
///     /v1/history/NAMESPACE/NAME       one object over time
///     /v1/decisions/NAMESPACE/NAME     its decisions: last, at, id, each perhaps with whatIf;
///                                      without these, the last one, as DecisionPage has it
///     /v1/quotas                       as QuotaPage has it
///
/// Thread-safe. All references must outlive it.
class LivePages {
 public:
  struct Facts {
    std::string version;
    bool dry_run = false;
    DecideConfig decide;  // That all is decided with.
  };
  struct Sources {
    const api::DecisionBoard& board;
    const api::QuotaBoard& quotas;
    Clock& clock;
    const record::RecentDecisions* recent = nullptr;  // Null: only the last decisions are kept.
    record::WatchedRounds* watched = nullptr;         // Null: what they are made from is not known.
  };

  LivePages(const Sources& sources, Facts facts) : from_(sources), facts_(std::move(facts)) {}

  [[nodiscard]] AdminServer::JsonReply Answer(std::string_view path,
                                              const AdminServer::Query& query) const;

 private:
  using Reply = AdminServer::JsonReply;

  [[nodiscard]] Reply Fleet(const AdminServer::Query& query) const;
  [[nodiscard]] Reply History(const api::DecisionBoard::Entry& entry) const;
  [[nodiscard]] Reply Decisions(const api::DecisionBoard::Entry& entry,
                                AdminServer::Query query) const;
  // Somebody looks at it: from now on it is kept what its decisions are made from.
  void Look(const api::BoardEntry& entry) const;
  [[nodiscard]] record::WatchedRounds::Rounds RoundsOf(const api::BoardEntry& entry) const;
  // Oldest first; the last one at least, unless there has been none.
  [[nodiscard]] std::vector<record::PastDecision> PastOf(const api::BoardEntry& entry) const;

  const Sources from_;
  const Facts facts_;
};

}  // namespace hpaplus::app
