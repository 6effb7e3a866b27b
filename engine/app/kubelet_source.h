#pragma once

#include <memory>

#include "engine/app/config.h"
#include "engine/kube/access.h"
#include "engine/kube/kube_client.h"
#include "engine/loop/collector_runner.h"
#include "engine/ports/clock.h"
#include "engine/ports/executor.h"
#include "engine/ports/http_stream.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::app {

/// What reading kubelets needs. Everything outlives the source.
struct KubeletSourceDeps {
  std::shared_ptr<kube::Access> access;  // As whom kubelets are asked.
  AsyncHttpClient& http;                 // For kubelets alone.
  kube::KubeClient& client;              // For the way through the API server.
  const PodDirectory& pods;
  Clock& clock;
  Executor& executor;
};

/// The source that PodMetricsFrom::kKubelet reads. kNotFound, kPermissionDenied or kMalformedData
/// when the file with the CA cannot be used.
[[nodiscard]] Result<RunnableSource> MakeKubeletSource(const ControllerConfig::Kubelet& config,
                                                       const KubeletSourceDeps& deps);

}  // namespace hpaplus::app
