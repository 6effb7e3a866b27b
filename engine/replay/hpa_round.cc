#include "engine/replay/hpa_round.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/core/freshness.h"

namespace hpaplus::replay {
namespace {

using Put = RoundFaults::Put;

constexpr std::size_t kMostPuts = 5;
constexpr Duration kBetweenPuts = std::chrono::milliseconds(10);

// Conditions keep the order in which they appeared, and their time while the status stays.
void Set(HpaStatus& status, const Condition& condition, Timestamp now, std::string message = {}) {
  const std::string type(ConditionTypeName(condition.type));
  auto found = std::ranges::find(status.conditions, type, &StoredCondition::type);
  if (found == status.conditions.end()) {
    status.conditions.push_back({type, "", "", {}, ""});
    found = status.conditions.end() - 1;
  }
  const std::string_view value = ConditionStatusName(condition.status);
  if (found->status != value) {
    found->status = value;
    found->since = std::chrono::floor<std::chrono::seconds>(now);
  }
  found->reason = ReasonName(condition.reason);
  found->message = std::move(message);
}

std::string_view ActionOf(Replicas from, Replicas to) {
  if (to > from) return "scale_up";
  return to < from ? "scale_down" : "none";
}

void Remove(HpaStatus& status, ConditionType type) {
  std::erase_if(status.conditions,
                [name = ConditionTypeName(type)](const auto& one) { return one.type == name; });
}

class Round {
 public:
  Round(const RoundInput& in, HpaStatus& stored, History& history)
      : in_(in), stored_(stored), status_(stored), history_(history), end_(in.now) {}

  RoundResult Run() {
    Decided decided =
        Decide({in_.now, in_.config, WorkloadId{0}, in_.view, in_.policies, in_.readings},
               std::move(history_));
    history_ = std::move(decided.history);
    out_.decision = std::move(decided.decision);
    for (const Condition& condition : out_.decision.conditions)
      Set(status_, condition, in_.now, MessageOf(condition));
    if (in_.view.scale.status != ScaleStatus::kKnown) {
      Warn(Reason::kFailedGetScale);
      out_.error_label = in_.bad_target ? "spec" : "internal";
      WriteStatus();
      return std::move(out_);
    }
    ReportMetrics();
    status_.current_replicas = out_.decision.current;
    if (!out_.decision.known) {
      out_.error_label = "internal";
      // What needs no metrics, a floor by the clock, is done all the same.
      if (out_.decision.acts && PutScale()) status_.desired_replicas = out_.decision.desired;
      WriteStatus();
      Warn("FailedComputeMetricsReplicas");
      return std::move(out_);
    }
    ForgetZero();
    if (!out_.decision.acts || PutScale()) status_.desired_replicas = out_.decision.desired;
    WriteStatus();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string MessageOf(const Condition& condition) const {
    const Decision& decision = out_.decision;
    if (condition.type == ConditionType::kAbleToScale) return in_.view.scale.problem;
    if (condition.type != ConditionType::kScalingActive || decision.metrics.empty()) return "";
    const std::vector<MetricSpec>& specs = in_.view.spec->metrics;
    if (condition.status == ConditionStatus::kTrue) {
      const auto step = std::ranges::find(decision.steps, Stage::kCombine, &DecisionStep::stage);
      const bool asks = step != decision.steps.end() && decision.recommended > 0;
      return asks ? specs[step->index].name : "";
    }
    const auto unknown = std::ranges::find_if(
        decision.metrics, [](const MetricOutcome& outcome) { return !outcome.proposal; });
    if (unknown == decision.metrics.end()) return "";
    std::string text = specs[static_cast<std::size_t>(unknown - decision.metrics.begin())].name;
    text.append(": ").append(ReasonName(unknown->reason));
    return unknown->problem.empty() ? text : text + ": " + unknown->problem;
  }

  void Warn(Reason reason) { out_.events.push_back({true, reason, ReasonName(reason)}); }
  void Warn(std::string_view name) { out_.events.push_back({true, Reason::kNone, name}); }

  void ReportMetrics() {
    const std::vector<MetricSpec>& specs = in_.view.spec->metrics;
    status_.metrics.emplace();
    WarnOfSelector();
    for (std::size_t i = 0; i < out_.decision.metrics.size(); ++i) {
      const MetricOutcome& outcome = out_.decision.metrics[i];
      status_.metrics->push_back({specs[i], outcome});
      Computation computation{specs[i].type, "none", "none"};
      if (outcome.proposal) {
        computation.action = ActionOf(stored_.current_replicas, *outcome.proposal);
      } else {
        const bool unknown = specs[i].type == MetricType::kUnknown;
        computation.error = unknown ? "spec" : "internal";
        Warn(FailureReason(specs[i].type));
        out_.error_label = "internal";
      }
      out_.computations.push_back(computation);
    }
  }

  void WarnOfSelector() {
    const auto active = std::ranges::find(out_.decision.conditions, ConditionType::kScalingActive,
                                          &Condition::type);
    if (active == out_.decision.conditions.end()) return;
    const auto& selector = in_.view.scale.selector;
    if (active->reason == Reason::kAmbiguousSelector) Warn(active->reason);
    if (active->reason != Reason::kInvalidSelector) return;
    if (!selector || selector->empty()) {
      Warn("SelectorRequired");
    } else {
      Warn(active->reason);
    }
  }

  // Without the gate a target at zero is nobody's but the human's.
  void ForgetZero() {
    const auto active = std::ranges::find(out_.decision.conditions, ConditionType::kScalingActive,
                                          &Condition::type);
    const bool disabled =
        active != out_.decision.conditions.end() && active->reason == Reason::kScalingDisabled;
    if (disabled && !in_.scale_to_zero) Remove(status_, ConditionType::kScaledToZero);
  }

  void RememberZero(Replicas from, Replicas to) {
    constexpr ConditionType kType = ConditionType::kScaledToZero;
    if (!in_.scale_to_zero) return Remove(status_, kType);
    const WorkloadSpec& spec = *in_.view.spec;
    const bool zero = from > 0 && to == 0 && spec.min_replicas == 0 && HasTotals(spec);
    Set(status_,
        {kType, zero ? ConditionStatus::kTrue : ConditionStatus::kFalse,
         zero ? Reason::kScaledToZero : Reason::kNotScaledToZero},
        end_);
  }

  // False: given up.
  bool PutScale() {
    const Replicas to = out_.decision.desired;
    for (std::size_t i = 0; i < kMostPuts; ++i) {
      if (i > 0) end_ = Later(end_, kBetweenPuts);
      const auto& faults = in_.faults.scale_puts;
      const Put result = i < faults.size() ? faults[i] : Put::kOk;
      out_.puts.push_back({to, result});
      if (result == Put::kOk) return Rescaled(to);
      if (result == Put::kError) break;
    }
    Warn("FailedRescale");
    Set(status_, {ConditionType::kAbleToScale, ConditionStatus::kFalse, Reason::kFailedUpdateScale},
        end_);
    out_.error_label = "internal";
    return false;
  }

  bool Rescaled(Replicas to) {
    const Replicas from = out_.decision.current;
    Set(status_, {ConditionType::kAbleToScale, ConditionStatus::kTrue, Reason::kSucceededRescale},
        end_);
    out_.events.push_back({false, Reason::kNone, "SuccessfulRescale"});
    history_ = Advance(std::move(history_), *in_.view.spec, from, to, end_);
    RememberZero(from, to);
    status_.last_scale_time = std::chrono::floor<std::chrono::seconds>(end_);
    out_.rescaled = true;
    out_.action = ActionOf(from, to);
    return true;
  }

  void WriteStatus() {
    if (status_ == stored_) return;
    if (in_.faults.status_put_fails) {
      Warn("FailedUpdateStatus");
      out_.error_label = "internal";
      return;
    }
    stored_ = status_;
    out_.status_written = true;
  }

  const RoundInput& in_;
  HpaStatus& stored_;
  HpaStatus status_;
  History& history_;
  Timestamp end_;  // After the retries.
  RoundResult out_;
};

}  // namespace

bool CurrentMetric::operator==(const CurrentMetric& other) const {
  if (!outcome.proposal || !other.outcome.proposal) {
    return outcome.proposal.has_value() == other.outcome.proposal.has_value();
  }
  const auto what = [](const MetricSpec& metric) {
    return std::tie(metric.type, metric.name, metric.resource, metric.container, metric.metric,
                    metric.metric_selector, metric.described_object);
  };
  const auto numbers = [](const MetricOutcome& said) {
    return std::tie(said.value, said.value_milli, said.average_value_milli,
                    said.average_utilization);
  };
  return what(spec) == what(other.spec) && numbers(outcome) == numbers(other.outcome);
}

RoundResult RunHpaRound(const RoundInput& in, HpaStatus& status, History& history) {
  return Round(in, status, history).Run();
}

}  // namespace hpaplus::replay
