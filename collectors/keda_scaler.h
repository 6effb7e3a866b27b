#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Asks an external scaler that was written for KEDA (proto/externalscaler.proto), so that any of
/// them is a source. For the queries see KedaQuery.
///
/// Each distinct query is a call, limits.maxConcurrent of them at a time. GetMetricSpec is asked
/// once a minute for each metadata, and a metric that is not in its answer is an error: scalers
/// would answer a wrong name with anything. Its targets are not used; an HPAPlus has its own.
///
/// The scaled object that the scaler is told has the namespace of the object that asks and the name
/// that the source says, not that of a workload: equal questions are asked once, whoever asks.
class KedaScalerCollector final : public Collector {
 public:
  /// A factory whose collectors share connections; see GrpcCollector.
  [[nodiscard]] static CollectorFactory Factory();

  ~KedaScalerCollector() override;

  [[nodiscard]] std::string_view name() const override { return "external scaler"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  class Link;
  explicit KedaScalerCollector(std::shared_ptr<Link> link);

  const std::shared_ptr<Link> link_;
};

}  // namespace hpaplus::collectors
