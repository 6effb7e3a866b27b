#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/kube_read.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/executor.h"

namespace hpaplus::collectors {

/// Reads what containers use from metrics.k8s.io. One read of all pods answers every query of a
/// batch, whoever asks, with one shared Reading; the API has no paging.
class MetricsServerCollector final : public Collector {
 public:
  struct Config {
    /// What the engine may see. Empty: all namespaces, in one read; otherwise one read each.
    std::vector<std::string> namespaces;
  };

  /// `executor` must outlive the collector. kInvalidArgument when a namespace is empty.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const Config& config,
                                                                 KubeRead read, Executor& executor);

  [[nodiscard]] std::string_view name() const override { return "metrics.k8s.io"; }

  /// A namespace that cannot be read fails the queries of that namespace. A query without a
  /// namespace fails when none can be read.
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  struct Answers;

  MetricsServerCollector(const Config& config, KubeRead read, Executor& executor);

  [[nodiscard]] Answers Ask(const CollectContext& context) const;
  [[nodiscard]] ReadingResult AnswerTo(const MetricQuery& query, const Answers& answers) const;

  const std::vector<std::string> namespaces_;  // Ordered, each once.
  const std::vector<std::string> paths_;       // Of each namespace, or the one of all.
  const KubeRead read_;
  Executor& executor_;
};

}  // namespace hpaplus::collectors
