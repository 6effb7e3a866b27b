#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "collectors/kubelet_board.h"
#include "engine/base/result.h"
#include "engine/ports/http_stream.h"

namespace hpaplus::collectors {

/// How kubelets are connected to.
struct KubeletConnect {
  int port = 10250;
  std::size_t response_bytes_most = 16U << 20U;
  /// As whom we speak to kubelets, and whom we take for one. Thread-safe; may block for files.
  std::function<Result<std::shared_ptr<const HttpAuth>>()> auth;
};

/// Asks by TLS at the node's own address. `http` must outlive what comes of it.
[[nodiscard]] KubeletAsk AskKubelets(KubeletConnect connect, AsyncHttpClient& http);

/// Starts a GET of the API server, as KubeletAsk: "/api/v1/nodes/n1/proxy/metrics/resource".
using KubeGet = std::function<void(const std::string& path, Timestamp deadline,
                                   std::function<void(Result<std::string> body)> done)>;

/// Asks through the API server, which passes the question on to the node's kubelet.
[[nodiscard]] KubeletAsk AskThroughApiServer(KubeGet get);

}  // namespace hpaplus::collectors
