#include "engine/core/rollout.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

std::string_view LabelOf(const Pod& pod, std::string_view key) {
  const auto found =
      std::ranges::find(*pod.labels, key, &std::pair<std::string, std::string>::first);
  return found == pod.labels->end() ? std::string_view() : std::string_view(found->second);
}

std::string_view RevisionOf(const Pod& pod, const RolloutState& state) {
  if (!state.revision_label.empty()) return LabelOf(pod, state.revision_label);
  const std::string_view of_template = LabelOf(pod, "pod-template-hash");
  return of_template.empty() ? LabelOf(pod, "controller-revision-hash") : of_template;
}

bool Counts(const Pod& pod) {
  return !pod.deleting && pod.phase != PodPhase::kFailed && pod.phase != PodPhase::kSucceeded;
}

// The revision of the pod that started last; one that has not started yet is the latest of all.
std::string_view LatestRevision(const WorkloadView& view) {
  const RolloutState& state = view.scale.rollout;
  if (!state.revision.empty()) return state.revision;
  std::string_view latest;
  Timestamp latest_start = Timestamp::min();
  for (const auto& pod : view.pods) {
    if (!Counts(*pod)) continue;
    const Timestamp start = pod->start_time.value_or(Timestamp::max());
    const std::string_view revision = RevisionOf(*pod, state);
    // By name where two started together, so that the order of pods decides nothing.
    if (latest.empty() || start > latest_start || (start == latest_start && revision > latest)) {
      latest = revision;
      latest_start = start;
    }
  }
  return latest;
}

// A share of `wanted`, rounded up.
std::int64_t ShareOf(std::int64_t wanted, std::int32_t percent) {
  return (wanted * percent + 99) / 100;
}

// What is wanted where nobody asks for anything else: the size without what we added to it.
Replicas WithoutExtra(Replicas current, Replicas desired, const RolloutPast& past) {
  const bool ours = current == past.wanted + past.extra;
  return ours && desired == current ? past.wanted : desired;
}

}  // namespace

RevisionCount CountRevisions(const WorkloadView& view) {
  RevisionCount count;
  const RolloutState& state = view.scale.rollout;
  const std::string_view latest = LatestRevision(view);
  for (const auto& pod : view.pods) {
    if (!Counts(*pod)) continue;
    const bool is_new = RevisionOf(*pod, state) == latest;
    const bool ready = pod->phase == PodPhase::kRunning && pod->ready &&
                       pod->ready->status == ConditionStatus::kTrue;
    Replicas& group = ready ? (is_new ? count.ready_new : count.ready_old)
                            : (is_new ? count.starting_new : count.starting_old);
    ++group;
  }
  count.rolling = state.known ? state.rolling : count.ready_old + count.starting_old > 0;
  return count;
}

StageResult HeedRollout(const RolloutSpec& spec, const WorkloadView& view, Replicas desired,
                        Timestamp now, RolloutPast& past) {
  const Replicas current = view.scale.spec_replicas;
  const RevisionCount count = CountRevisions(view);
  const bool holds = spec.mode == RolloutMode::kHold && count.rolling;
  const Replicas wanted = WithoutExtra(current, holds ? current : desired, past);
  StageResult out{holds ? desired : wanted, Reason::kNoRollout,
                  static_cast<double>(count.ready_old)};
  if (out.replicas != desired) out.reason = Reason::kRolloutCompensated;
  if (!count.rolling) {
    past.since.reset();
    return out;
  }
  if (!past.since) past.since = now;
  const bool waits = spec.mode != RolloutMode::kIgnore;
  if (!waits || now - *past.since > spec.wait_most) {
    out.reason = waits ? Reason::kRolloutTooLong : Reason::kRolloutAllowed;
    return out;
  }
  out.replicas = holds ? current : std::max(desired, current);
  const Reason stays = holds ? Reason::kRolloutHolds : Reason::kRolloutWaits;
  out.reason = out.replicas == desired ? Reason::kRolloutAllowed : stays;
  const std::int64_t ready = std::int64_t{count.ready_old} + count.ready_new;
  const std::int64_t missing = std::max<std::int64_t>(0, wanted - ready);
  const std::int64_t extra = std::min(missing, ShareOf(wanted, spec.extra_percent_most));
  if (extra > 0 && wanted + extra >= out.replicas) {
    out.replicas = SaturateToReplicas(wanted + extra);
    out.reason = Reason::kRolloutCompensated;
    past.wanted = wanted;
    past.extra = out.replicas - wanted;
  }
  return out;
}

}  // namespace hpaplus
