#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::collectors {

/// Counts pods, as KEDA's kubernetes-workload scaler does: a query is a label selector, and the
/// answer the number of pods in the asking object's namespace that it matches and that have not
/// ended (Succeeded or Failed). A pod that is being deleted still counts.
///
/// The pods are those that an informer knows: no request is made, no pod at all is the number 0,
/// and "not known" is an error.
class PodCountCollector final : public Collector {
 public:
  /// kInvalidArgument where there is no cluster.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "pod count"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  explicit PodCountCollector(const PodDirectory& pods) : pods_(pods) {}

  [[nodiscard]] ReadingResult Count(const MetricQuery& query, Timestamp now) const;

  const PodDirectory& pods_;
};

}  // namespace hpaplus::collectors
