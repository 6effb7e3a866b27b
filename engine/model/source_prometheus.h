#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus {

/// One question whose one answer has the numbers of many objects, told apart by labels.
struct PrometheusGroup {
  std::string name;             // What queries call it; unique in its source.
  std::string query;            // PromQL.
  std::vector<std::string> by;  // The labels of the answer that queries give values for.
  std::string timestamp;        // PromQL with the same labels: when it was measured. May be empty.
  Duration refresh = std::chrono::milliseconds(250);  // An answer this young is given again.
  bool operator==(const PrometheusGroup&) const = default;
};

/// spec.prometheus of a source of type Prometheus.
struct PrometheusSource {
  static constexpr std::size_t kGroupsMost = 64;
  static constexpr std::size_t kLabelsMost = 8;

  /// What objects may ask: PromQL of their own and groups; groups only; of the groups only what has
  /// their own namespace in `namespace_label`.
  enum class Queries { kAny, kGroups, kOwnGroups };

  Queries queries = Queries::kAny;
  std::vector<PrometheusGroup> groups;
  std::string namespace_label = "namespace";
  bool sample_time = true;       // Ask when a number was measured, where that can be asked.
  bool accepts_partial = false;  // Take an answer that says that it is not the whole.
  std::map<std::string, std::string> query_parameters;  // Sent with each query.
  std::string namespace_parameter;  // Carries the asker's namespace; empty: nothing does.
  bool operator==(const PrometheusSource&) const = default;
};

}  // namespace hpaplus
