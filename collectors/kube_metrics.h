#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/kube_read.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"

namespace hpaplus::collectors {

/// The resource that serves a kind, with its group: {apps/v1, Deployment} -> "deployments.apps",
/// {v1, Service} -> "services". Blocks at most until `deadline`; kNotFound when there is none.
using KindToResource = std::function<Result<std::string>(
    const std::string& api_version, const std::string& kind, Timestamp deadline)>;

/// Reads Pods and Object metrics from custom.metrics.k8s.io and External metrics from
/// external.metrics.k8s.io, with the URLs of the HPA. Equal reads of one batch are made once. Of
/// custom.metrics.k8s.io v1beta2 is used when it is served, else v1beta1; which it is is looked up
/// once a minute.
class KubeMetricsCollector final : public Collector {
 public:
  struct Config {
    std::string name = "custom.metrics.k8s.io";  // Of this instance, for people.
  };

  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const Config& config,
                                                                 KubeRead read,
                                                                 KindToResource resource_of);

  [[nodiscard]] std::string_view name() const override { return name_; }

  /// Pods: one value per pod, the last of several. Object: exactly one value, else an error.
  /// External: all values.
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  KubeMetricsCollector(const Config& config, KubeRead read, KindToResource resource_of);

  [[nodiscard]] Result<std::string> CustomVersion(const CollectContext& context);
  [[nodiscard]] Result<std::string> CustomPath(const MetricQuery& query,
                                               const CollectContext& context);
  [[nodiscard]] Result<std::string> PathOf(const MetricQuery& query, const CollectContext& context);
  [[nodiscard]] ReadingResult ReadBody(const MetricQuery& query, const Result<std::string>& body,
                                       Timestamp now) const;

  const std::string name_;
  const KubeRead read_;
  const KindToResource resource_of_;

  // What was found out about custom.metrics.k8s.io, and until when to believe it.
  Result<std::string> version_;
  Timestamp version_until_{};
};

}  // namespace hpaplus::collectors
