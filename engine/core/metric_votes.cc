#include "engine/core/metric_votes.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/dead_band.h"
#include "engine/core/shaping.h"

namespace hpaplus {
namespace {

// Whether these are samples that one may do without, and not a spec that makes no sense.
bool LacksSamples(Reason reason) {
  return reason == Reason::kNoData || reason == Reason::kStaleData ||
         reason == Reason::kInvalidData || reason == Reason::kFutureData ||
         reason == Reason::kOutOfRange;
}

bool LacksSource(Reason reason) {
  return reason == Reason::kSourceFailed || reason == Reason::kSourceNotFound;
}

// Only an empty answer is an answer: the others that are taken for zero prove nothing.
void TakeForZero(const DecideInput& in, std::size_t index, Trail& trail, MetricOutcome& outcome) {
  const Reason problem = outcome.reason;
  auto zero = std::make_shared<Reading>();
  zero->received = in.now;
  zero->values.push_back({in.now, 0, 0});
  const ReadingResult reading = std::shared_ptr<const Reading>(std::move(zero));
  outcome = in.policies[index]->Propose({in.now, in.config, in.view, reading, in.readings});
  if (!outcome.proposal) return;
  outcome.stood_in = problem != Reason::kNoData;
  if (outcome.stood_in) outcome.reason = problem;
  trail.Note(Stage::kValidate, {*outcome.proposal, Reason::kTakenForZero, 0, index});
}

void TakeLastGood(const MetricSpec& spec, const MetricPast& past, std::size_t index, Trail& trail,
                  MetricOutcome& outcome) {
  const Duration age = trail.decision().at - past.last_good_at;
  if (!past.last_good || age > spec.validity.last_good_for) return;
  outcome.proposal = past.last_good;
  outcome.stood_in = true;
  trail.Note(Stage::kValidate, {*past.last_good, Reason::kLastGood, ToSeconds(age), index});
}

// What the object says an unknown metric is taken for.
void StandIn(const DecideInput& in, std::size_t index, Trail& trail, History& history,
             MetricOutcome& outcome) {
  const WorkloadSpec& spec = *in.view.spec;
  const MetricSpec& metric = spec.metrics[index];
  const bool lacks_samples = LacksSamples(outcome.reason);
  switch (metric.validity.on_missing) {
    case OnMissing::kHold:
      return;
    case OnMissing::kLastGood:
      if (lacks_samples || LacksSource(outcome.reason)) {
        TakeLastGood(metric, PastOf(spec, index, history), index, trail, outcome);
      }
      return;
    case OnMissing::kZero:
      if (lacks_samples) TakeForZero(in, index, trail, outcome);
      return;
  }
}

// A step that is larger than the object takes for possible.
void DistrustSteps(const DecideInput& in, std::size_t index, Trail& trail, History& history,
                   MetricOutcome& outcome) {
  const WorkloadSpec& spec = *in.view.spec;
  const auto& most = spec.metrics[index].validity.max_step_ratio;
  if (!most) return;
  auto& believed = PastOf(spec, index, history).believed;
  auto limited = LimitStep(most->AsDouble(), in.now, trail.current(), believed, outcome);
  if (!limited) return;
  limited->index = index;
  trail.Note(Stage::kValidate, *limited);
}

void ApplyThresholds(const MetricSpec& metric, std::size_t index, Trail& trail,
                     MetricOutcome& outcome) {
  if (!outcome.proposal || !HasThresholds(metric)) return;
  StageResult kept = KeepInDeadBand(metric, outcome, trail.current());
  kept.index = index;
  outcome.proposal = kept.replicas;
  outcome.reason = kept.reason;
  trail.Note(Stage::kDeadBand, kept);
}

}  // namespace

BurstInput AskMetrics(const DecideInput& in, Trail& trail, History& history) {
  Decision& decision = trail.decision();
  const WorkloadSpec& spec = *in.view.spec;
  HPAPLUS_CHECK(in.policies.size() == spec.metrics.size());
  HPAPLUS_CHECK(in.readings.size() == spec.metrics.size());
  decision.metrics.reserve(in.policies.size());
  BurstInput burst;
  for (std::size_t i = 0; i < in.policies.size(); ++i) {
    const MetricSpec& metric = spec.metrics[i];
    const PolicyInput input{in.now, in.config, in.view, in.readings[i], in.readings};
    MetricOutcome& outcome = decision.metrics.emplace_back(in.policies[i]->Propose(input));
    DistrustSteps(in, i, trail, history, outcome);
    if (metric.role == MetricRole::kScale) NoteDemand(outcome, burst);
    if (!outcome.proposal) StandIn(in, i, trail, history, outcome);
    if (!outcome.stood_in) ShapeMetric({in.now, in.config, in.view}, i, trail, history);
    const bool remembers = metric.validity.on_missing == OnMissing::kLastGood;
    if (remembers && outcome.proposal && !outcome.stood_in) {
      MetricPast& past = PastOf(spec, i, history);
      past.last_good = outcome.proposal;
      past.last_good_at = in.now;
    }
    const Replicas proposal = outcome.proposal.value_or(decision.current);
    trail.Note(Stage::kMetric, {proposal, outcome.reason, outcome.ratio, i});
    ApplyThresholds(metric, i, trail, outcome);
  }
  return burst;
}

}  // namespace hpaplus
