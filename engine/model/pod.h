#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/quantity.h"
#include "engine/base/shared_value.h"
#include "engine/base/time.h"

namespace hpaplus {

enum class PodPhase { kNone, kPending, kRunning, kSucceeded, kFailed, kUnknown };
enum class ConditionStatus { kTrue, kFalse, kUnknown };

[[nodiscard]] std::string_view ConditionStatusName(ConditionStatus status);

using ResourceList = std::vector<std::pair<std::string, Quantity>>;  // Ordered by name.

struct Container {
  std::string name;
  ResourceList requests;
  bool restarts_always = false;  // An init container with restartPolicy Always: a sidecar.
  bool operator==(const Container&) const = default;
};

/// What a pod asks for.
struct PodResources {
  std::vector<Container> containers;
  std::vector<Container> init_containers;
  std::optional<ResourceList> pod_requests;  // spec.resources.requests
  ResourceList overhead;
  bool operator==(const PodResources&) const = default;
};

using PodLabels = std::vector<std::pair<std::string, std::string>>;  // Ordered by key.

struct ReadyCondition {
  ConditionStatus status = ConditionStatus::kUnknown;
  std::optional<Timestamp> last_transition;
  bool operator==(const ReadyCondition&) const = default;
};

/// What the decision needs of a v1 Pod, and nothing else: there may be a million of them. Those of
/// one workload share what they have in common.
struct Pod {
  std::string name;
  SharedValue<PodLabels> labels;
  SharedValue<PodResources> resources;
  PodPhase phase = PodPhase::kNone;
  bool deleting = false;  // deletionTimestamp is set.
  std::optional<Timestamp> start_time;
  std::optional<ReadyCondition> ready;  // The first condition of type Ready.
  bool operator==(const Pod&) const = default;
};

}  // namespace hpaplus
