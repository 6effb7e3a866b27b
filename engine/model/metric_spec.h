#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/quantity.h"
#include "engine/base/time.h"
#include "engine/model/formula.h"
#include "engine/model/safety.h"
#include "engine/model/smoothing.h"
#include "engine/model/work.h"

namespace hpaplus {

/// The five types of autoscaling/v2, Source, which reads a MetricSource or ClusterMetricSource, and
/// Formula, which is computed from other metrics of the object. kUnknown is what a newer server may
/// have stored: such a metric is invalid.
enum class MetricType {
  kUnknown,
  kResource,
  kContainerResource,
  kPods,
  kObject,
  kExternal,
  kSource,
  kFormula
};

[[nodiscard]] std::string_view MetricTypeName(MetricType type);

enum class TargetType { kUnknown, kUtilization, kValue, kAverageValue };

/// All three numbers may be set: stored HPAs need not agree with their type, see hpa-compatibility.
struct MetricTarget {
  TargetType type = TargetType::kUnknown;
  std::optional<Quantity> value;
  std::optional<Quantity> average_value;
  std::optional<std::int32_t> average_utilization;  // Percent of the pods' requests.
  bool operator==(const MetricTarget&) const = default;
};

/// metav1.LabelSelector. An absent selector is a null std::optional of it.
struct LabelRequirement {
  std::string key;
  std::string op;  // In, NotIn, Exists, DoesNotExist; anything else makes the metric invalid.
  std::vector<std::string> values;
  bool operator==(const LabelRequirement&) const = default;
};
struct LabelSelector {
  std::vector<std::pair<std::string, std::string>> match_labels;  // Ordered by key.
  std::vector<LabelRequirement> match_expressions;
  bool operator==(const LabelSelector&) const = default;
};

struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string name;
  bool operator==(const ObjectRef&) const = default;
};

struct SourceRef {
  std::string kind = "MetricSource";  // Or "ClusterMetricSource".
  std::string name;
  bool operator==(const SourceRef&) const = default;
};

/// A number of the workload as a whole, which others may be computed from: Object, External,
/// Source.
[[nodiscard]] bool IsReadOfWhole(MetricType type);
/// The same and Formula: what needs no pods to be known.
[[nodiscard]] bool IsOfWhole(MetricType type);

/// One entry of spec.metrics. Which fields mean something depends on the type.
struct MetricSpec {
  MetricType type = MetricType::kUnknown;
  std::string name;       // Unique in its object; derived from the type when the user gave none.
  std::string resource;   // kResource, kContainerResource: "cpu", "memory", ...
  std::string container;  // kContainerResource.
  std::string metric;     // kPods, kObject, kExternal: the metric's name.
  std::optional<LabelSelector> metric_selector;  // kPods, kObject, kExternal.
  ObjectRef described_object;                    // kObject.
  SourceRef source;                              // kSource.
  std::string query;  // kSource, in the source's language: PromQL, a dotted path, a JSON Pointer.
  SharedFormula formula;  // kFormula; none: what it has was refused.
  MetricTarget target;
  Duration stale_after = std::chrono::seconds(90);  // An older sample counts as unknown.
  std::optional<Smoothing> smoothing;               // Null: the newest sample alone counts.
  std::optional<Quantity> weight;                   // For CombineStrategy::kWeighted; null: 1.
  std::optional<QueueSpec> queue;                   // Null: what waits is not looked at.
  std::optional<StepSpec> step;                     // Null: it asks for a size.
  std::string policy;                               // A policy by name; empty: that of the type.
  MetricRole role = MetricRole::kScale;
  Thresholds thresholds;
  Validity validity;
  std::optional<Quantity> activation_threshold;  // Active above it; null: 0. No pods' metrics.
  bool operator==(const MetricSpec&) const = default;
};

}  // namespace hpaplus
