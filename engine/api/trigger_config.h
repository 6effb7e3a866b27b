#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/quantity.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/source.h"
#include "engine/model/workload.h"

namespace hpaplus::api {

/// scalerMetadata: what a trigger of a ScaledObject says, all of it text.
using TriggerMetadata = std::map<std::string, std::string>;

/// A trigger that names an HPAPlus object of its namespace.
struct ObjectTrigger {
  std::string object;
  std::string metric;  // Empty: all that vote.
  bool drive = false;  // The decided size, not what it was decided from.
  bool operator==(const ObjectTrigger&) const = default;
};

/// A trigger that says everything itself.
struct SourceTrigger {
  std::string source_ns;  // Empty: a MetricSource of the trigger's namespace, or a cluster's.
  std::string source;
  std::string query;
  Quantity threshold;
  Quantity activation;
  Duration period{};
  bool operator==(const SourceTrigger&) const = default;
};

using TriggerConfig = std::variant<ObjectTrigger, SourceTrigger>;

/// Reads what a trigger says. kInvalidArgument names the key that is missing, unknown or wrong.
/// Keys that are KEDA's own are passed over.
[[nodiscard]] Result<TriggerConfig> ReadTrigger(const TriggerMetadata& metadata);

/// A workload that is evaluated for a trigger without an object: one metric, named as its source
/// is, from which nothing follows but its value. `name` is the ScaledObject's.
[[nodiscard]] WorkloadSpec WorkloadOf(const SourceTrigger& trigger, const SourceRef& source,
                                      const std::string& ns, const std::string& name);

}  // namespace hpaplus::api
