#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/time.h"
#include "engine/embedded/json.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/store.h"

namespace hpaplus::embedded {

/// What metrics.k8s.io answers: the usage of ready pods as it was at the last scrape, made up from
/// annotations on their workload (docs/embedded-cluster.md). A pod whose workload says nothing has
/// no metrics. Thread-safe.
class PodMetrics {
 public:
  /// `store` and `resources` must outlive this. `window` is the time between two scrapes.
  PodMetrics(const Store& store, const ResourceTable& resources, Duration window)
      : store_(store), resources_(resources), window_(window) {}

  void Scrape(Timestamp now);

  /// PodMetricsList; of all namespaces when `ns` is empty.
  [[nodiscard]] Json List(const std::string& ns, const LabelSelector& selector) const;
  [[nodiscard]] std::optional<Json> Get(const std::string& ns, const std::string& name) const;
  /// NodeMetricsList: the sum of all pods on the one node.
  [[nodiscard]] Json Nodes() const;

 private:
  struct Usage {
    ObjectPtr pod;
    std::optional<double> cpu_cores;
    std::optional<double> memory_bytes;
  };

  [[nodiscard]] Json ItemOf(const Usage& usage, Timestamp at) const;

  const Store& store_;
  const ResourceTable& resources_;
  const Duration window_;

  mutable Mutex mutex_;
  std::vector<Usage> usages_ HPAPLUS_GUARDED_BY(mutex_);  // by namespace and name
  Timestamp scraped_ HPAPLUS_GUARDED_BY(mutex_){};
};

}  // namespace hpaplus::embedded
