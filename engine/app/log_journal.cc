#include "engine/app/log_journal.h"

#include "engine/base/log.h"

namespace hpaplus::app {

void LogJournal::RecordDecision(const Decision& decision, const WorkloadView& view) {
  if (wishes_.size() <= decision.workload.index) wishes_.resize(decision.workload.index + 1U);
  const Wish wish = decision.changes_scale() && !decision.acts
                        ? Wish{decision.current, decision.desired}
                        : Wish{};
  if (wish == wishes_[decision.workload.index]) return;
  wishes_[decision.workload.index] = wish;
  if (wish == Wish{}) return;
  HPAPLUS_LOG(kInfo, "would scale",
              {{"workload", WorkloadName(*view.spec)},
               {"from", std::int64_t{wish.from}},
               {"to", std::int64_t{wish.to}}});
}

void LogJournal::RecordOutcome(const ScaleOutcome& outcome, Timestamp /*at*/) {
  const WorkloadView& view = *outcome.command.view;
  if (outcome.result) {
    HPAPLUS_LOG(kInfo, "scaled",
                {{"workload", WorkloadName(*view.spec)},
                 {"from", std::int64_t{view.scale.spec_replicas}},
                 {"to", std::int64_t{outcome.command.replicas}}});
    return;
  }
  const Error& error = outcome.result.error();
  // A conflict is decided again at once; a withdrawn command was not wanted any more.
  if (error.code == ErrorCode::kConflict || error.code == ErrorCode::kGone) return;
  HPAPLUS_LOG(kWarning, "not scaled",
              {{"workload", WorkloadName(*view.spec)},
               {"to", std::int64_t{outcome.command.replicas}},
               {"code", ErrorCodeName(error.code)},
               {"error", error.message}});
}

void LogJournal::RecordGone(WorkloadId workload) {
  if (workload.index < wishes_.size()) wishes_[workload.index] = {};
}

}  // namespace hpaplus::app
