#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/quantity.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/metric_spec.h"
#include "engine/model/pod_usage.h"

namespace hpaplus {

/// One question to one source. Equal questions are asked once, whoever wants the answer.
struct MetricQuery {
  MetricType type = MetricType::kSource;
  std::string ns;            // Empty when the answer does not depend on a namespace.
  std::string expression;    // Source: the query. Pods, Object, External: the metric's name.
  std::string selector;      // Pods, Object, External: the metric selector as text.
  std::string pod_selector;  // Pods: the scale's selector as text.
  ObjectRef object;          // Object.
  /// More than none: the numbers of so long until now, oldest first, in the place of the newest.
  /// Only of a source that says that it keeps the past.
  Duration past{};
  bool operator==(const MetricQuery&) const = default;
};

/// Stands in `milli` for a number that does not fit or is none: a sample to be refused, unlike an
/// absent one. Every negative number is refused too.
inline constexpr std::int64_t kInvalidMilli = std::numeric_limits<std::int64_t>::min();

/// Thousandths of a sample, rounded away from zero; kInvalidMilli for what does not fit, where the
/// quantity's own conversion wraps around.
[[nodiscard]] std::int64_t SampleMilli(const Quantity& quantity);

/// One number without a pod. `value` is in the source's own unit; `milli` is the same number in
/// thousandths, rounded away from zero, exact for the HPA's metric types.
struct ScalarSample {
  Timestamp at{};  // When the source measured it, not when we received it.
  double value = 0;
  std::int64_t milli = 0;
};

/// One pod's number of a Pods metric.
struct PodValue {
  std::string pod;
  Timestamp at{};
  Duration window = std::chrono::seconds(60);
  std::int64_t milli = 0;
};

/// What a source answered to one query. Immutable; one answer may serve thousands of workloads.
/// An answer without any element is "nothing there", which is not zero.
struct Reading {
  Timestamp received{};
  std::vector<ScalarSample> values;  // kObject, kExternal, kSource.
  std::vector<PodValue> pod_values;  // kPods; ordered by pod.
  PodUsageTable pod_usage;           // kResource, kContainerResource; ordered by (ns, pod).
  /// The API server has applied the workload's own selector. Then samples of pods that the view
  /// does not have yet count too, as they do in the HPA; otherwise they are somebody else's.
  bool selected = false;
};

using ReadingResult = Result<std::shared_ptr<const Reading>>;

}  // namespace hpaplus
