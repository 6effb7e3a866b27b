#include "engine/record/verify.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "engine/record/codec.h"

namespace hpaplus::record {
namespace {

template <class T>
std::string Differs(std::string_view what, const T& was, const T& is) {
  return was == is ? std::string() : fmt::format("{} was {}, is {}", what, was, is);
}

std::string StepDifference(std::size_t index, const DecisionStep& was, const DecisionStep& is) {
  const std::string what = fmt::format("step {} ({})", index + 1, StageName(was.stage));
  if (was.stage != is.stage) return fmt::format("{}: is {} now", what, StageName(is.stage));
  std::string difference = Differs(what + ": before", was.before, is.before);
  if (difference.empty()) difference = Differs(what + ": after", was.after, is.after);
  if (difference.empty()) {
    difference = Differs(what + ": reason", ReasonName(was.reason), ReasonName(is.reason));
  }
  if (difference.empty()) difference = Differs(what + ": evidence", was.evidence, is.evidence);
  if (difference.empty()) difference = Differs(what + ": index", was.index, is.index);
  return difference;
}

}  // namespace

std::string FirstDifference(const Decision& recorded, const Decision& now) {
  if (PackDecision(recorded) == PackDecision(now)) return "";
  for (std::size_t i = 0; i < recorded.metrics.size() && i < now.metrics.size(); ++i) {
    if (recorded.metrics[i] == now.metrics[i]) continue;
    return fmt::format("metric {}: {} asking for {}, is {} asking for {}", i + 1,
                       ReasonName(recorded.metrics[i].reason),
                       recorded.metrics[i].proposal.value_or(-1), ReasonName(now.metrics[i].reason),
                       now.metrics[i].proposal.value_or(-1));
  }
  const std::size_t steps = std::min(recorded.steps.size(), now.steps.size());
  for (std::size_t i = 0; i < steps; ++i) {
    std::string difference = StepDifference(i, recorded.steps[i], now.steps[i]);
    if (!difference.empty()) return difference;
  }
  std::string difference = Differs("the number of steps", recorded.steps.size(), now.steps.size());
  if (difference.empty()) difference = Differs("desired", recorded.desired, now.desired);
  if (difference.empty()) {
    difference = Differs("recommended", recorded.recommended, now.recommended);
  }
  return difference.empty() ? "conditions or numbers without a name differ" : difference;
}

std::optional<Redecision> Redecider::Take(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kHead:
      config_ = entry.head.config;
      workloads_.clear();
      return std::nullopt;
    case EntryKind::kGone:
      workloads_.erase(entry.workload);
      return std::nullopt;
    case EntryKind::kLost:
      // Whoever lost a round gives its history with the next one.
      return std::nullopt;
    case EntryKind::kWrite:
      return std::nullopt;
    case EntryKind::kRound:
      break;
  }
  const Round& round = *entry.round;
  Workload& workload = workloads_[entry.workload];
  if (workload.spec != round.view->spec) {
    workload.spec = round.view->spec;
    workload.policies = make_(*workload.spec);
  }
  Redecision again;
  again.history = round.history ? round.history : std::move(workload.history);
  if (!again.history) return again;
  const DecideInput in{round.at,    config_,           entry.workload,
                       *round.view, workload.policies, round.readings};
  Decided decided = Decide(in, *again.history);
  workload.history = std::move(decided.history);
  again.decision = std::move(decided.decision);
  again.same = PackDecision(again.decision) == PackDecision(round.decided);
  if (!again.same) again.difference = FirstDifference(round.decided, again.decision);
  return again;
}

}  // namespace hpaplus::record
