#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include <nlohmann/json.hpp>

#include "engine/base/result.h"
#include "engine/kube/kube_client.h"
#include "engine/ports/http_client.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::test {

using Json = nlohmann::json;

/// REST calls of a test to an API server, as one user and without a budget. Objects are found by
/// their apiVersion, kind, namespace and name. Errors are KubeClient's. Thread-safe.
class KubeRest {
 public:
  using OnDone = std::function<void(const Result<std::string>& body)>;

  KubeRest(std::string server, HttpAuth auth);

  [[nodiscard]] Result<Json> Get(const std::string& path);
  /// What is not JSON: /metrics.
  [[nodiscard]] Result<std::string> GetText(const std::string& path);
  /// With strict field validation; `query` is appended: "dryRun=All".
  [[nodiscard]] Result<Json> Create(const Json& object, const std::string& query = "");
  /// Creates it, or changes the fields that are named.
  [[nodiscard]] Result<Json> Apply(const Json& object);
  /// As the server answers it, of whatever status; a path that nobody serves is fine, too.
  [[nodiscard]] Result<HttpResponse> Post(const std::string& path, const std::string& body);
  /// A JSON merge patch.
  [[nodiscard]] Result<Json> Patch(const std::string& path, const Json& patch);
  [[nodiscard]] Status Delete(const std::string& path);

  /// Returns at once; KubeClient::Start().
  void StartApply(const Json& object, OnDone on_done);
  void StartPatch(const std::string& path, const Json& patch, OnDone on_done);

  /// "watch=1" and whatever else is part of the path.
  [[nodiscard]] Result<std::unique_ptr<LineStream>> Watch(const std::string& path,
                                                          const std::stop_token& stop);

  [[nodiscard]] SystemClock& clock() { return clock_; }

 private:
  [[nodiscard]] Result<std::string> Send(const kube::KubeRequest& request);
  [[nodiscard]] Result<Json> SendForJson(const kube::KubeRequest& request);

  const std::string server_;
  const std::shared_ptr<const HttpAuth> auth_;
  SystemClock clock_;
  CurlClient http_;
  NullTelemetry telemetry_;
  kube::KubeClient client_;
};

/// "/apis/apps/v1/namespaces/shop/deployments". The kind must be one of those that tests use.
[[nodiscard]] std::string CollectionOf(const std::string& api_version, const std::string& kind,
                                       const std::string& ns);
/// "/apis/apps/v1/namespaces/shop/deployments/web".
[[nodiscard]] std::string PathOf(const Json& object);
[[nodiscard]] std::string PathOf(const std::string& api_version, const std::string& kind,
                                 const std::string& ns, const std::string& name);

}  // namespace hpaplus::test
