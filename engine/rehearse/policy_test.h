#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/model/decision.h"
#include "engine/rehearse/script.h"

namespace hpaplus::rehearse {

/// ">= 40", "< 9", "5" (which is == 5).
struct Comparison {
  enum class Op { kEqual, kNotEqual, kLess, kLessOrEqual, kMore, kMoreOrEqual };
  Op op = Op::kEqual;
  double number = 0;

  [[nodiscard]] bool Holds(double value) const;
  [[nodiscard]] std::string Text() const;
};

/// What has to be so. Every comparison that is there has to hold: with `of`, in one moment from
/// then on within so long; otherwise in every moment from `from` to `to`, both included. Changes,
/// reversals and times under capacity are counted in that time.
struct Expectation {
  std::string text;  // As the user wrote it.
  Duration from{};
  Duration to = Duration::max();
  std::optional<Duration> of;          // Then `to` is the end of the time within which.
  bool at_once = false;                // With `of`: only the first moment counts.
  std::optional<Comparison> replicas;  // The target's size.
  std::optional<Comparison> desired;
  std::optional<ConditionType> condition;
  ConditionStatus status = ConditionStatus::kTrue;
  std::string reason;  // Of the condition, or without one of any stage; empty: any.
  std::optional<Comparison> changes;
  std::optional<Comparison> reversals;
  std::optional<Comparison> under_capacity_seconds;
};

struct PolicyTest {
  std::string name;
  WorkloadSpec spec;
  Replicas replicas = 1;  // At the start.
  Replicas ready = 1;
  Duration pod_startup{};
  Duration interval = std::chrono::seconds(1);
  Duration length{};
  Timestamp start{};
  /// By the metric's place in spec.metrics; a script that has ended goes on as its last step.
  std::map<std::size_t, std::vector<ScriptPoint>> scripts;
  /// For metrics without a script: what is demanded of the workload, and what a pod can serve.
  std::vector<ScriptPoint> load;
  double per_pod = 0;  // 0: there is no load.
  std::vector<Expectation> expectations;
};

struct Violation {
  std::string expectation;
  std::string what;                          // "at 1m30s replicas is 38"
  std::optional<Decision> decision;          // The one at that moment.
  std::shared_ptr<const WorkloadView> view;  // That it was made for.
};

struct PolicyTestResult {
  std::string name;
  std::vector<Violation> violations;  // At most one per expectation.
  std::uint64_t decisions = 0;
};

/// Runs the engine against the scripts. Deterministic.
[[nodiscard]] PolicyTestResult RunPolicyTest(const PolicyTest& test, const PolicyFactory& policies);

}  // namespace hpaplus::rehearse
