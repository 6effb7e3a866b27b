#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/quantity.h"
#include "engine/base/result.h"
#include "engine/model/metric_spec.h"
#include "engine/model/workload.h"

namespace hpaplus {

// An autoscaling/v2 HorizontalPodAutoscaler as its API has it: texts where we have enums, and null
// where nothing was said. What is decided from it is a WorkloadSpec, see ToWorkload().

/// A quantity with the text that an API server keeps for it.
struct StoredQuantity {
  Quantity value;  // Canonical.
  std::string text;
  bool operator==(const StoredQuantity&) const = default;
};

struct HpaTarget {
  std::string type;
  std::optional<StoredQuantity> value;
  std::optional<StoredQuantity> average_value;
  std::optional<std::int32_t> average_utilization;
  bool operator==(const HpaTarget&) const = default;
};

/// What one of the five kinds of metric says; which fields mean something depends on the kind.
struct HpaMetricSource {
  std::string name;                       // Of the resource, or of the metric.
  std::string container;                  // containerResource.
  std::optional<LabelSelector> selector;  // pods, object, external.
  ObjectRef described_object;             // object.
  HpaTarget target;
  bool operator==(const HpaMetricSource&) const = default;
};

struct HpaMetric {
  std::string type;
  std::optional<HpaMetricSource> object;
  std::optional<HpaMetricSource> pods;
  std::optional<HpaMetricSource> resource;
  std::optional<HpaMetricSource> container_resource;
  std::optional<HpaMetricSource> external;
  bool operator==(const HpaMetric&) const = default;
};

struct HpaPolicy {
  std::string type;
  std::int32_t value = 0;
  std::int32_t period_seconds = 0;
  bool operator==(const HpaPolicy&) const = default;
};

struct HpaRules {
  std::optional<std::int32_t> stabilization_window_seconds;
  std::optional<std::string> select_policy;
  std::optional<std::vector<HpaPolicy>> policies;
  std::optional<StoredQuantity> tolerance;
  bool operator==(const HpaRules&) const = default;
};

struct HpaBehavior {
  std::optional<HpaRules> scale_up;
  std::optional<HpaRules> scale_down;
  bool operator==(const HpaBehavior&) const = default;
};

struct HpaSpec {
  ObjectRef target;
  std::optional<std::int32_t> min_replicas;
  std::int32_t max_replicas = 0;
  std::vector<HpaMetric> metrics;
  std::optional<HpaBehavior> behavior;
  bool operator==(const HpaSpec&) const = default;
};

struct HpaObject {
  std::string ns;
  std::string name;
  HpaSpec spec;
  bool operator==(const HpaObject&) const = default;
};

/// Kubernetes' feature gates that matter to an HPA, with the defaults of 1.36.
struct HpaGates {
  bool scale_to_zero = false;
  bool configurable_tolerance = true;
  bool pod_level_resources = true;
};

/// As a user posts it, without defaults. kMalformedData names the path of the first field that has
/// a wrong type; whether the values make sense is ValidateHpa()'s business.
[[nodiscard]] Result<HpaObject> ParseHpa(std::string_view json);

/// The spec in the API's JSON. What is null or, where the API leaves it out, empty is left out.
[[nodiscard]] std::string HpaSpecJson(const HpaSpec& spec);

/// Fills in what the API server does: minReplicas 1, CPU at 80 %, and the rules of a behavior.
void DefaultHpa(HpaSpec& spec);

/// What is decided: by the HPA's rules, which read a spec that no API server would take, too. No
/// sample grows stale, as the HPA looks at no sample's age. Precondition: DefaultHpa().
[[nodiscard]] WorkloadSpec ToWorkload(const HpaObject& object, const HpaGates& gates);

}  // namespace hpaplus
