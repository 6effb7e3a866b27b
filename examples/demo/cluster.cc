#include "examples/demo/cluster.h"

#include <optional>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/kube/kube_client.h"
#include "engine/kube/open_access.h"
#include "engine/model/yaml_json.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::demo {
namespace {

using Json = nlohmann::json;

constexpr auto kPatience = std::chrono::seconds(20);
constexpr auto kWatchPatience = std::chrono::milliseconds(200);

// The collection of an object's kind; the demo uses no others.
std::string Collection(const Json& object) {
  const std::string api_version = object.value("apiVersion", "");
  const std::string kind = object.value("kind", "");
  const std::string root = api_version == "v1" ? "/api/v1" : "/apis/" + api_version;
  if (kind == "Namespace") return root + "/namespaces";
  if (kind == "CustomResourceDefinition") return root + "/customresourcedefinitions";
  const std::string ns = "/namespaces/" + object["metadata"].value("namespace", "default") + "/";
  if (kind == "Deployment") return root + ns + "deployments";
  if (kind == "MetricSource") return root + ns + "metricsources";
  if (kind == "HPAPlus") return root + ns + "hpapluses";
  return {};
}

std::string DeploymentsPath(const std::string& ns) {
  return "/apis/apps/v1/namespaces/" + ns + "/deployments";
}

class RestCluster final : public DemoCluster {
 public:
  static Result<std::unique_ptr<RestCluster>> Connect(const std::string& kubeconfig,
                                                      const std::string& context) {
    auto cluster = std::unique_ptr<RestCluster>(new RestCluster);
    auto access = kube::OpenAccess({.kubeconfig = kubeconfig, .context = context}, cluster->clock_);
    if (!access) return access.error();
    cluster->client_.emplace(kube::KubeClient::Config{}, std::move(*access), cluster->http_,
                             cluster->clock_, cluster->telemetry_);
    return cluster;
  }

  Status CheckVersion() {
    const auto version = Call("GET", "/version");
    if (!version) return version.error();
    return Done{};
  }

  Status Apply(const std::string& yaml) override {
    const auto documents = ParseYaml(yaml);
    if (!documents) return documents.error();
    for (const YamlDocument& document : *documents) {
      if (auto applied = ApplyOne(Json::parse(document.json, nullptr, false)); !applied) {
        return applied.error();
      }
    }
    return Done{};
  }

  void WatchDeployments(const std::string& ns, const std::function<void(Seen)>& on_seen,
                        const std::stop_token& stop) override {
    while (!stop.stop_requested()) {
      kube::KubeRequest request;
      request.path = DeploymentsPath(ns) + "?watch=1";  // Without a version: all that exist first.
      request.verb = "watch";
      request.resource = "deployments";
      auto stream = client_->Watch(request, stop);
      if (!stream) {
        static_cast<void>(clock_.WaitUntil(clock_.Now() + kWatchPatience, stop));
        continue;
      }
      ReadEvents(**stream, on_seen, stop);
    }
  }

  std::string LastWhy(const std::string& ns, const std::string& name) override {
    const auto body = Call(
        "GET", "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/" + ns + "/hpapluses/" + name);
    if (!body) return body.error().message;
    const Json object = Json::parse(*body, nullptr, false);
    return object.value("/status/lastDecision/message"_json_pointer, "");
  }

  void SetCpuTotal(const std::string& ns, const std::string& deployment, double cores) override {
    const Json patch = {
        {"metadata",
         {{"annotations", {{"embedded.hpaplus.io/cpu-total", fmt::format("{:.3f}", cores)}}}}}};
    static_cast<void>(Call("PATCH", DeploymentsPath(ns) + "/" + deployment, patch.dump(),
                           "application/merge-patch+json"));
  }

  bool is_embedded() override {
    const auto body = Call("GET", "/api/v1/namespaces/kube-system");
    return body && body->find("embedded.hpaplus.io/") != std::string::npos;
  }

  void DeleteNamespace(const std::string& ns) override {
    // Not left to the namespace's end: some clusters have no controller that brings it about.
    for (const char* what : {"/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/{}/hpapluses",
                             "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/{}/metricsources",
                             "/apis/apps/v1/namespaces/{}/deployments", "/api/v1/namespaces/{}"})
      static_cast<void>(Call("DELETE", fmt::format(fmt::runtime(what), ns)));
  }

 private:
  Result<std::string> Call(const char* method, std::string path, std::string body = {},
                           std::string content_type = "application/json") {
    kube::KubeRequest request;
    request.method = method;
    request.path = std::move(path);
    request.body = std::move(body);
    request.content_type = std::move(content_type);
    request.verb = method;
    request.resource = "demo";
    return client_->Call(request, clock_.Now() + kPatience);
  }

  Status ApplyOne(const Json& object) {
    const std::string collection = Collection(object);
    if (collection.empty()) return Error{ErrorCode::kInvalidArgument, "demo: unknown kind"};
    const auto created = Create(collection, object);
    if (created) return Done{};
    if (created.error().code != ErrorCode::kConflict) return created.error();
    // A cluster's own resource definitions may be newer, and others rely on them.
    if (object["kind"] == "Namespace" || object["kind"] == "CustomResourceDefinition")
      return Done{};
    const std::string path = collection + "/" + object["metadata"]["name"].get<std::string>();
    const auto patched = Call("PATCH", path, object.dump(), "application/merge-patch+json");
    if (!patched) return patched.error();
    return Done{};
  }

  // A resource that has just been defined takes a moment to be served.
  Result<std::string> Create(const std::string& collection, const Json& object) {
    const Timestamp until = clock_.Now() + kPatience;
    while (true) {
      auto created = Call("POST", collection, object.dump());
      const bool may_pass = !created && (created.error().code == ErrorCode::kNotFound ||
                                         created.error().code == ErrorCode::kUnavailable);
      if (!may_pass || clock_.Now() >= until) return created;
      static_cast<void>(clock_.WaitUntil(clock_.Now() + kWatchPatience, {}));
    }
  }

  void ReadEvents(LineStream& stream, const std::function<void(Seen)>& on_seen,
                  const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto line = stream.ReadLine(clock_.Now() + kWatchPatience, stop);
      if (!line && line.error().code == ErrorCode::kDeadlineExceeded) continue;
      if (!line || !*line) return;
      const Json event = Json::parse(**line, nullptr, false);
      if (event.is_discarded() || !event.contains("object")) return;
      const Json& object = event["object"];
      on_seen({object.value("/metadata/name"_json_pointer, ""),
               object.value("/spec/replicas"_json_pointer, 0),
               object.value("/status/readyReplicas"_json_pointer, 0)});
    }
  }

  RestCluster() : http_(clock_) {}

  SystemClock clock_;
  NullTelemetry telemetry_;
  CurlClient http_;
  std::optional<kube::KubeClient> client_;  // Set by Connect().
};

}  // namespace

Result<std::unique_ptr<DemoCluster>> DemoCluster::Connect(const std::string& kubeconfig,
                                                          const std::string& context) {
  auto cluster = RestCluster::Connect(kubeconfig, context);
  if (!cluster) return cluster.error();
  if (auto reached = (*cluster)->CheckVersion(); !reached) return reached.error();
  return std::unique_ptr<DemoCluster>(std::move(*cluster));
}

}  // namespace hpaplus::demo
