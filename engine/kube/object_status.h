#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/pod.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

struct StatusCondition {
  std::string type;
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
  Timestamp last_transition{};  // Whole seconds, as it is stored.
  std::int64_t observed_generation = 0;
  bool operator==(const StatusCondition&) const = default;
};

struct LastDecision {
  Timestamp time{};
  Replicas from = 0;
  Replicas to = 0;
  Replicas raw = 0;  // What the metrics asked for.
  std::string metric;
  std::string reason;
  std::vector<std::string> limited_by;
  std::string message;
  bool operator==(const LastDecision&) const = default;
};

/// A ShadowState as people see it.
struct ShadowStatus {
  Replicas replicas = 0;
  Replicas ready = 0;
  Timestamp since{};  // Whole seconds.
  std::string startup;
  bool holds = false;
  bool demand_hidden = false;
  bool operator==(const ShadowStatus&) const = default;
};

/// The status of an HPAPlus object: for people and dashboards, never an input of a decision.
struct ObjectStatus {
  std::int64_t observed_generation = 0;
  std::optional<Replicas> current;
  std::optional<Replicas> desired;
  std::optional<Replicas> recommended;
  std::optional<Timestamp> last_scale_time;
  std::string targets;          // "cpu: 71%/65%, rps: 88/120"
  std::string current_metrics;  // The array as JSON text; empty for none.
  std::optional<LastDecision> last_decision;
  std::optional<ShadowStatus> shadow;
  std::vector<StatusCondition> conditions;  // In order of first appearance.
  bool operator==(const ObjectStatus&) const = default;

  [[nodiscard]] const StatusCondition* Find(std::string_view type) const {
    for (const StatusCondition& condition : conditions) {
      if (condition.type == type) return &condition;
    }
    return nullptr;
  }
};

}  // namespace hpaplus::kube
