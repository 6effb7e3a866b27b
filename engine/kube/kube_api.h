#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/kube/discovery.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/object_key.h"
#include "engine/kube/object_sink.h"
#include "engine/kube/target_table.h"
#include "engine/ports/clock.h"
#include "engine/ports/telemetry.h"

namespace hpaplus::kube {

/// Ends its watch when destroyed; the sink is not called any more from then on.
class RunningWatch {
 public:
  virtual ~RunningWatch() = default;
};

struct WatchRequest {
  std::string path;      // "/api/v1/pods"
  std::string resource;  // "pods", for telemetry.
  bool metadata_only = false;
  std::string query;  // Which of them, as part of a URL: "fieldSelector=metadata.name%3Dx".
};

/// The three ways in which the controller talks to the API server. All are thread-safe.
struct KubeApi {
  /// KubeClient::Start.
  std::function<void(KubeRequest, KubeClient::OnDone)> send;
  /// Keeps `sink` up to date until the returned watch is destroyed. Does not block.
  std::function<std::unique_ptr<RunningWatch>(const WatchRequest&, ObjectSink& sink)> watch;
  /// Which resource a kind is: kNotFound when there is none, kPermissionDenied, kUnavailable.
  /// Blocks.
  std::function<Result<ServedKind>(const KindKey&)> find_kind;
};

/// The live one. Everything must outlive all copies of it and all watches.
[[nodiscard]] KubeApi MakeKubeApi(KubeClient& client, Discovery& discovery, Clock& clock,
                                  Telemetry& telemetry);

}  // namespace hpaplus::kube
