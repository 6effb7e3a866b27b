// What decisions remember, what they are, and the controller's settings, as bytes.

#include <utility>

#include "engine/record/codec.h"
#include "engine/record/items.h"

namespace hpaplus {

constexpr Stage LastOf(Stage /*of*/) {
  return Stage::kFleet;
}
constexpr Reason LastOf(Reason /*of*/) {
  return Reason::kSuspicious;
}
constexpr ConditionType LastOf(ConditionType /*of*/) {
  return ConditionType::kOverloaded;
}
constexpr ConditionStatus LastOf(ConditionStatus /*of*/) {
  return ConditionStatus::kUnknown;
}

namespace record {

template <class A>
void Fields(A& a, Of<Recommendation> auto& recommendation) {
  Items(a, recommendation.replicas, recommendation.at);
}
template <class A>
void Fields(A& a, Of<ScaleEvent> auto& event) {
  Items(a, event.change, event.at, event.outdated);
}
template <class A>
void Fields(A& a, Of<BelievedDemand> auto& believed) {
  Items(a, believed.demand, believed.at);
}
template <class A>
void Fields(A& a, Of<DemandWindow::Slot> auto& slot) {
  Items(a, slot.begin, slot.at, slot.value, slot.count);
}
template <class A>
void Fields(A& a, Of<DemandWindow> auto& window) {
  DemandWindow::State state;
  if constexpr (!A::kReads) state = window.state();
  Items(a, state.slots, state.ewma);
  if constexpr (A::kReads) window = DemandWindow::FromState(std::move(state));
}
template <class A>
void Fields(A& a, Of<MetricPast> auto& past) {
  Items(a, past.metric, past.demand, past.stepped, past.last_good, past.last_good_at,
        past.believed);
}
template <class A>
void Fields(A& a, Of<BurstState> auto& burst) {
  Items(a, burst.demand, burst.begun, burst.since, burst.most, burst.ended);
}
template <class A>
void Fields(A& a, Of<RolloutPast> auto& past) {
  Items(a, past.since, past.wanted, past.extra);
}
template <class A>
void Fields(A& a, Of<SizeChange> auto& change) {
  Items(a, change.at, change.from, change.to);
}
template <class A>
void Fields(A& a, Of<FallbackState> auto& fallback) {
  Items(a, fallback.failures, fallback.since, fallback.good, fallback.active);
}
template <class A>
void Fields(A& a, Of<Agreement> auto& agreement) {
  Items(a, agreement.direction, agreement.samples, agreement.newest);
}
template <class A>
void Fields(A& a, Of<ActivityState> auto& activity) {
  Items(a, activity.begun, activity.last_active);
}
template <class A>
void Fields(A& a, Of<History> auto& history) {
  Items(a, history.recommendations, history.scale_ups, history.scale_downs, history.metrics,
        history.burst, history.rollout, history.changes, history.fallback, history.agreement,
        history.activity);
}

template <class A>
void Fields(A& a, Of<MetricOutcome> auto& outcome) {
  Items(a, outcome.proposal, outcome.reason, outcome.ratio, outcome.demand, outcome.total,
        outcome.oldest, outcome.value, outcome.value_milli, outcome.average_value_milli,
        outcome.average_utilization, outcome.problem, outcome.stood_in);
}
template <class A>
void Fields(A& a, Of<Condition> auto& condition) {
  Items(a, condition.type, condition.status, condition.reason);
}
template <class A>
void Fields(A& a, Of<DecisionStep> auto& step) {
  Items(a, step.stage, step.before, step.after, step.reason, step.evidence, step.index);
}
template <class A>
void Fields(A& a, Of<QuotaShortage> auto& shortage) {
  Items(a, shortage.allowed, shortage.unmet, shortage.quota, shortage.resource);
}
template <class A>
void Fields(A& a, Of<Decision> auto& decision) {
  Items(a, decision.current, decision.desired, decision.recommended, decision.known, decision.acts,
        decision.metrics, decision.conditions, decision.steps, decision.shortage);
}
template <class A>
void Fields(A& a, Of<DecideConfig> auto& config) {
  Items(a, config.tolerance, config.cpu_initialization_period, config.initial_readiness_delay,
        config.downscale_stabilization, config.scale_up_limit_factor, config.scale_up_limit_minimum,
        config.pod_level_resources, config.future_skew, config.each_recommendation);
}

namespace {

template <class T>
Result<T> Read(std::string_view bytes, const char* what) {
  auto thing = Unpack<T>(bytes);
  if (thing) return *std::move(thing);
  return Error{ErrorCode::kMalformedData, std::string(what) + " makes no sense"};
}

}  // namespace

std::string PackHistory(const History& history) {
  return Pack(history);
}
Result<History> UnpackHistory(std::string_view bytes) {
  return Read<History>(bytes, "the history");
}
std::string PackDecision(const Decision& decision) {
  constexpr std::size_t kUsual = 512;  // Few are longer; growing is what packing costs most.
  Packer packer;
  packer.Reserve(kUsual);
  Item(packer, decision);
  return packer.Take();
}
Result<Decision> UnpackDecision(std::string_view bytes) {
  return Read<Decision>(bytes, "the decision");
}
std::string PackConfig(const DecideConfig& config) {
  return Pack(config);
}
Result<DecideConfig> UnpackConfig(std::string_view bytes) {
  return Read<DecideConfig>(bytes, "the configuration");
}

}  // namespace record
}  // namespace hpaplus
