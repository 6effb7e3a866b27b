#include "engine/core/history.h"

#include <algorithm>
#include <cstdint>

#include "engine/core/freshness.h"
#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

Duration LongestPeriod(const ScalingRules& rules) {
  std::int32_t longest = 0;
  for (const ScalingPolicy& policy : rules.policies)
    longest = std::max(longest, policy.period_seconds);
  return std::chrono::seconds(longest);
}

// What is too old for every policy is marked, and stays marked though a longer period may follow;
// the last of those makes room for the new event. All as in the HPA.
void Record(std::vector<ScaleEvent>& events, const ScalingRules& rules, ScaleEvent event) {
  const Timestamp cutoff = Earlier(event.at, LongestPeriod(rules));
  ScaleEvent* old = nullptr;
  for (ScaleEvent& past : events) {
    if (past.at < cutoff) past.outdated = true;
    if (past.outdated) old = &past;
  }
  if (old != nullptr) {
    *old = event;
  } else {
    events.push_back(event);
  }
}

}  // namespace

MetricPast& PastOf(const WorkloadSpec& spec, std::size_t index, History& history) {
  history.metrics.resize(spec.metrics.size());
  MetricPast& past = history.metrics[index];
  if (past.metric != spec.metrics[index].name) {
    past = MetricPast();
    past.metric = spec.metrics[index].name;
  }
  return past;
}

History Advance(History history, const WorkloadSpec& spec, Replicas from, Replicas to,
                Timestamp now) {
  if (HasBudgets(spec.safety)) RecordChange(history.changes, {now, from, to});
  if (!spec.behavior) return history;
  const std::int64_t change = std::int64_t{to} - from;
  if (change > 0) {
    Record(history.scale_ups, spec.behavior->scale_up, {SaturateToReplicas(change), now, false});
  } else {
    Record(history.scale_downs, spec.behavior->scale_down,
           {SaturateToReplicas(-change), now, false});
  }
  return history;
}

}  // namespace hpaplus
