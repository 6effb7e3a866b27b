#include "engine/kube/kube_journal.h"

#include <utility>

#include "engine/kube/decision_digest.h"

namespace hpaplus::kube {

void KubeJournal::RecordDecision(const Decision& decision, const WorkloadView& view) {
  Entry& entry = EntryOf(decision.workload);
  const std::uint64_t meaning = MeaningDigest(decision, view);
  const ShadowState* const shadow =
      config_.shadows != nullptr ? config_.shadows->Find(decision.workload) : nullptr;
  const std::uint64_t values = ValuesDigest(decision, shadow);
  const bool is_news = std::exchange(entry.meaning, meaning) != meaning;
  if (!is_news && (values == entry.values || decision.at < entry.values_due)) return;
  entry.values = values;
  entry.values_due = decision.at + config_.values_spacing;
  statuses_.Update(decision, view, shadow);
  if (!is_news) return;
  const std::optional<WorkloadNow> now = lookup_.Find(decision.workload);
  if (!now) return;
  for (const EventNote& event : EventsOf(decision, view, *now, entry.events))
    events_.Write(event, decision.at);
}

void KubeJournal::RecordOutcome(const ScaleOutcome& outcome, Timestamp at) {
  Entry& entry = EntryOf(outcome.command.workload);
  entry.meaning.reset();  // The next evaluation says what follows from it.
  const bool is_news = outcome.result || (outcome.result.error().code != ErrorCode::kConflict &&
                                          outcome.result.error().code != ErrorCode::kGone);
  if (!is_news) return;
  statuses_.RecordOutcome(outcome, at);
  const std::optional<WorkloadNow> now = lookup_.Find(outcome.command.workload);
  for (const EventNote& event : EventsOf(outcome, now, entry.events))
    events_.Write(event, at);
}

void KubeJournal::RecordGone(WorkloadId workload) {
  EntryOf(workload) = Entry{};
  statuses_.Forget(workload);
  lookup_.Release(workload);
}

KubeJournal::Entry& KubeJournal::EntryOf(WorkloadId workload) {
  if (workload.index >= entries_.size()) entries_.resize(workload.index + 1);
  return entries_[workload.index];
}

}  // namespace hpaplus::kube
