#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/metric_spec.h"
#include "engine/model/workload.h"

namespace hpaplus::api {

/// A source, and the namespace from which it may be asked.
struct FoundSource {
  SourceRef ref;
  std::string ns;
};

/// Who evaluates workloads that exist for triggers only. Thread-safe; nothing blocks.
class TriggerHost {
 public:
  virtual ~TriggerHost() = default;

  /// The source that a trigger in `ns` means by `name`: the MetricSource of `source_ns`, or without
  /// one its own namespace's, or else the ClusterMetricSource. kNotFound: there is none;
  /// kPermissionDenied: it is another namespace's.
  [[nodiscard]] virtual Result<FoundSource> FindSource(std::string_view ns,
                                                       std::string_view source_ns,
                                                       std::string_view name) = 0;
  /// Evaluates the workload from now on, the first time within a second.
  virtual void Begin(std::shared_ptr<const WorkloadSpec> spec) = 0;
  /// No longer, by its uid.
  virtual void End(const std::string& uid) = 0;
};

}  // namespace hpaplus::api
