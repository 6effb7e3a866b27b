#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::demo {

/// One workload of the demo as the cluster shows it.
struct Seen {
  std::string name;
  int replicas = 0;  // spec.replicas: what was written to /scale.
  int ready = 0;     // status.readyReplicas
};

/// The demo's view of a cluster, through the project's own client. Thread-safe.
class DemoCluster {
 public:
  /// kUnavailable when the API server does not answer within 20 s.
  static Result<std::unique_ptr<DemoCluster>> Connect(const std::string& kubeconfig,
                                                      const std::string& context);
  virtual ~DemoCluster() = default;

  /// Creates what the YAML documents describe; what exists already is changed to that, but for
  /// custom resource definitions, which stay as they are.
  [[nodiscard]] virtual Status Apply(const std::string& yaml) = 0;
  /// Calls `on_seen` for each change of a Deployment until `stop`. Blocks.
  virtual void WatchDeployments(const std::string& ns, const std::function<void(Seen)>& on_seen,
                                const std::stop_token& stop) = 0;
  /// status.lastDecision.message of an HPAPlus object; empty when there is none yet.
  [[nodiscard]] virtual std::string LastWhy(const std::string& ns, const std::string& name) = 0;
  /// Sets the annotation from which the embedded cluster makes CPU usage.
  virtual void SetCpuTotal(const std::string& ns, const std::string& deployment, double cores) = 0;
  [[nodiscard]] virtual bool is_embedded() = 0;
  /// With all that the demo puts into one. Does not wait for its end.
  virtual void DeleteNamespace(const std::string& ns) = 0;
};

}  // namespace hpaplus::demo
