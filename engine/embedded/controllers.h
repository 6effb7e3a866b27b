#pragma once

#include <map>
#include <stop_token>
#include <thread>

#include "engine/embedded/control.h"
#include "engine/embedded/objects.h"
#include "engine/embedded/pod_lifecycle.h"
#include "engine/embedded/pod_metrics.h"

namespace hpaplus::embedded {

/// The control loops of the embedded cluster on one thread: workloads, pods, namespaces, quotas,
/// definitions, garbage, and the scrape of metrics.
class Controllers {
 public:
  struct Config {
    Duration start_delay{};
    Duration stop_delay{};
    Duration metrics_interval{};
    bool workloads = true;  // False: only definitions are served, as by a lone API server.
  };

  /// `objects` and `metrics` must outlive this.
  Controllers(Objects& objects, PodMetrics& metrics, const Config& config);
  ~Controllers();
  Controllers(const Controllers&) = delete;
  Controllers& operator=(const Controllers&) = delete;

  /// Does what there is to do, on the calling thread. Only before Start().
  void Settle();
  void Start();

 private:
  void Run(const std::stop_token& stop);
  void Look(const Dirt& dirt);
  void LookAtOwner(const Json& object);
  void Reconcile(const ObjectKey& key);
  void Drain();

  Objects& objects_;
  PodMetrics& metrics_;
  const Config config_;
  WorkQueue queue_;
  std::map<ObjectKey, Goal> goals_;
  std::set<std::string> orphans_;
  const Control control_;
  PodLifecycle pods_;
  Timestamp next_scrape_{};
  std::jthread thread_;
};

}  // namespace hpaplus::embedded
