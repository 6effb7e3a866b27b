#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "collectors/kubelet_board.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::collectors {

/// Reads what pods use from the kubelets of their nodes: Resource and ContainerResource metrics,
/// and the Pods metrics of pod_network.h.
///
/// A query is for the pods of a namespace that its selector matches, and only their nodes are
/// asked. Pods of a kubelet that gives nothing are not in the answer; when there is no pod left the
/// answer is the kubelet's error. One page of a kubelet answers all queries.
class KubeletCollector final : public Collector {
 public:
  /// `pods` must outlive the collector.
  KubeletCollector(std::shared_ptr<KubeletBoard> board, const PodDirectory& pods);

  [[nodiscard]] std::string_view name() const override { return "kubelet"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  struct Question;

  [[nodiscard]] Result<std::vector<PodAddress>> PodsOf(const MetricQuery& query) const;
  void SpareTheOthers(std::span<ReadingResult> results) const;

  const std::shared_ptr<KubeletBoard> board_;
  const PodDirectory& pods_;
};

}  // namespace hpaplus::collectors
