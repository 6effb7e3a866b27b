#include "test/support/kube_rest.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "test/support/fixed_access.h"

namespace hpaplus::test {
namespace {

using kube::KubeRequest;

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr Duration kRetryAfter = std::chrono::milliseconds(200);

struct ServedKind {
  std::string_view kind;
  std::string_view resource;
  bool namespaced = true;
};

constexpr ServedKind kKinds[] = {
    {"HPAPlus", "hpapluses"},
    {"MetricSource", "metricsources"},
    {"ClusterMetricSource", "clustermetricsources", false},
    {"DynamicQuota", "dynamicquotas", true},
    {"QuotaPool", "quotapools", false},
    {"ResourceQuota", "resourcequotas"},
    {"Deployment", "deployments"},
    {"StatefulSet", "statefulsets"},
    {"StatefulSetPlus", "statefulsetpluses"},
    {"HorizontalPodAutoscaler", "horizontalpodautoscalers"},
    {"Pod", "pods"},
    {"ConfigMap", "configmaps"},
    {"Secret", "secrets"},
    {"Namespace", "namespaces", false},
    {"Node", "nodes", false},
    {"CustomResourceDefinition", "customresourcedefinitions", false},
    {"ClusterRole", "clusterroles", false},
    {"ClusterRoleBinding", "clusterrolebindings", false},
    {"Role", "roles"},
    {"RoleBinding", "rolebindings"},
};

kube::KubeClient::Config WithoutBudget() {
  kube::KubeClient::Config config;
  config.qps = 1e6;
  config.burst = 1e6;
  config.request_timeout = std::chrono::seconds(15);
  return config;
}

Result<Json> ParseJson(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Error{ErrorCode::kMalformedData, "not JSON: " + text};
  return json;
}

std::string WithQuery(const std::string& path, const std::string& query) {
  if (query.empty()) return path;
  return path + (path.find('?') == std::string::npos ? "?" : "&") + query;
}

KubeRequest ApplyRequest(const Json& object) {
  KubeRequest request;
  request.method = "PATCH";
  request.path = PathOf(object) + "?fieldManager=test&force=true&fieldValidation=Strict";
  request.content_type = "application/apply-patch+yaml";
  request.body = object.dump();
  request.verb = "patch";
  return request;
}

KubeRequest PatchRequest(const std::string& path, const Json& patch) {
  KubeRequest request;
  request.method = "PATCH";
  request.path = path;
  request.content_type = "application/merge-patch+json";
  request.body = patch.dump();
  request.verb = "patch";
  return request;
}

}  // namespace

KubeRest::KubeRest(std::string server, HttpAuth auth)
    : server_(std::move(server)),
      auth_(std::make_shared<const HttpAuth>(std::move(auth))),
      http_(clock_),
      client_(WithoutBudget(),
              std::make_shared<FixedAccess>(server_, [this](int /*refusals*/) { return *auth_; }),
              http_, clock_, telemetry_) {}

// A server that has just been started answers 429 to the first request for a custom resource.
Result<std::string> KubeRest::Send(const KubeRequest& request) {
  const Timestamp deadline = clock_.Now() + kPatience;
  while (true) {
    Result<std::string> answer = client_.Call(request, deadline);
    const bool again = !answer && answer.error().code == ErrorCode::kUnavailable;
    if (!again || clock_.Now() + kRetryAfter >= deadline) return answer;
    static_cast<void>(clock_.WaitUntil(clock_.Now() + kRetryAfter, {}));
  }
}

Result<Json> KubeRest::SendForJson(const KubeRequest& request) {
  const Result<std::string> answer = Send(request);
  if (!answer) return answer.error();
  return ParseJson(*answer);
}

Result<Json> KubeRest::Get(const std::string& path) {
  const Result<std::string> text = GetText(path);
  if (!text) return text.error();
  return ParseJson(*text);
}

Result<std::string> KubeRest::GetText(const std::string& path) {
  KubeRequest request;
  request.path = path;
  request.accept = "application/json, */*";
  request.verb = "get";
  return Send(request);
}

Result<Json> KubeRest::Create(const Json& object, const std::string& query) {
  KubeRequest request;
  request.method = "POST";
  const std::string collection =
      CollectionOf(object.at("apiVersion"), object.at("kind"),
                   object.value("/metadata/namespace"_json_pointer, "default"));
  request.path = WithQuery(collection + "?fieldValidation=Strict", query);
  request.body = object.dump();
  request.verb = "create";
  return SendForJson(request);
}

Result<Json> KubeRest::Apply(const Json& object) {
  return SendForJson(ApplyRequest(object));
}

Result<HttpResponse> KubeRest::Post(const std::string& path, const std::string& body) {
  HttpRequest request;
  request.method = "POST";
  request.url = server_ + path;
  request.headers = {{"content-type", "application/json"}};
  request.body = body;
  request.auth = auth_;
  return std::move(http_.SendAll({&request, 1}, clock_.Now() + kPatience).front());
}

Result<Json> KubeRest::Patch(const std::string& path, const Json& patch) {
  return SendForJson(PatchRequest(path, patch));
}

Status KubeRest::Delete(const std::string& path) {
  KubeRequest request;
  request.method = "DELETE";
  request.path = path;
  request.verb = "delete";
  const Result<std::string> answer = Send(request);
  if (!answer) return answer.error();
  return Done{};
}

void KubeRest::StartApply(const Json& object, OnDone on_done) {
  client_.Start(ApplyRequest(object), std::move(on_done));
}

void KubeRest::StartPatch(const std::string& path, const Json& patch, OnDone on_done) {
  client_.Start(PatchRequest(path, patch), std::move(on_done));
}

Result<std::unique_ptr<LineStream>> KubeRest::Watch(const std::string& path,
                                                    const std::stop_token& stop) {
  KubeRequest request;
  request.path = path;
  request.verb = "watch";
  return client_.Watch(request, stop);
}

std::string CollectionOf(const std::string& api_version, const std::string& kind,
                         const std::string& ns) {
  const auto* const served = std::ranges::find(kKinds, kind, &ServedKind::kind);
  HPAPLUS_CHECK(served != std::end(kKinds));
  std::string path =
      (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
  if (served->namespaced) path += "/namespaces/" + ns;
  return path + "/" + std::string(served->resource);
}

std::string PathOf(const std::string& api_version, const std::string& kind, const std::string& ns,
                   const std::string& name) {
  return CollectionOf(api_version, kind, ns) + "/" + name;
}

std::string PathOf(const Json& object) {
  const Json& meta = object.at("metadata");
  return PathOf(object.at("apiVersion"), object.at("kind"), meta.value("namespace", "default"),
                meta.at("name"));
}

}  // namespace hpaplus::test
