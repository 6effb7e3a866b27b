#include "test/support/hpa_answers.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "collectors/kube_metrics_reply.h"
#include "collectors/metrics_server_reply.h"
#include "engine/model/label_selector.h"

namespace hpaplus::testing {
namespace {

using nlohmann::json;

// Case files may write a selector in another order than we do.
std::string Canonical(const std::string& text) {
  const Result<ParsedSelector> parsed = ParseSelector(text);
  return parsed ? parsed->ToString() : text;
}

struct Wanted {
  std::string api;
  std::string selector;  // Canonical.
};

bool IsNamespace(const ObjectRef& object) {
  return object.kind == "Namespace" && object.api_version.find('/') == std::string::npos;
}

bool Matches(const json& entry, const MetricSpec& metric, const Wanted& wanted) {
  if (entry.value("api", "") != wanted.api) return false;
  if (wanted.api == "resource") return true;
  if (entry.value("metric", "") != metric.metric) return false;
  if (Canonical(entry.value("metricSelector", "")) != wanted.selector) return false;
  if (wanted.api != "object") return true;
  const json& object = entry["object"];
  if (object.value("kind", "") != metric.described_object.kind) return false;
  if (IsNamespace(metric.described_object)) return true;
  return object.value("apiVersion", "") == metric.described_object.api_version &&
         object.value("name", "") == metric.described_object.name;
}

ReadingResult ReadPodUsage(const std::string& body, const std::string& ns) {
  auto pods = collectors::ParsePodMetrics(body);
  if (!pods) return pods.error();
  auto reading = std::make_shared<Reading>();
  reading->pod_usage = *std::move(pods);
  reading->selected = true;
  for (PodUsage& item : reading->pod_usage)
    item.ns = ns;
  std::ranges::stable_sort(reading->pod_usage, {}, &PodUsage::pod);
  return ReadingResult(std::move(reading));
}

ReadingResult ReadValues(const std::string& body, bool per_pod) {
  const auto values = collectors::ParseMetricValues(body);
  if (!values) return values.error();
  auto reading = std::make_shared<Reading>();
  reading->selected = true;
  for (const collectors::MetricValue& value : *values) {
    if (per_pod) {
      reading->pod_values.push_back({value.object, value.at, value.window, value.milli});
    } else {
      reading->values.push_back({value.at, value.value, value.milli});
    }
  }
  std::ranges::stable_sort(reading->pod_values, {}, &PodValue::pod);
  return ReadingResult(std::move(reading));
}

std::string ApiOf(MetricType type) {
  if (type == MetricType::kPods) return "pods";
  if (type == MetricType::kObject) return "object";
  return type == MetricType::kExternal ? "external" : "resource";
}

}  // namespace

bool IsKnownKind(const std::string& api_version, const std::string& kind) {
  static const std::map<std::string, std::set<std::string>> kKinds = {
      {"",
       {"Pod", "Service", "ReplicationController", "Namespace", "ConfigMap", "Secret", "Node",
        "Endpoints", "Event", "PersistentVolume", "PersistentVolumeClaim", "ServiceAccount",
        "LimitRange", "ResourceQuota", "PodTemplate"}},
      {"apps", {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision"}},
      {"autoscaling", {"HorizontalPodAutoscaler", "Scale"}},
      {"networking.k8s.io", {"Ingress", "IngressClass", "NetworkPolicy"}},
  };
  const std::size_t slash = api_version.find('/');
  const auto group = kKinds.find(slash == std::string::npos ? "" : api_version.substr(0, slash));
  return group != kKinds.end() && group->second.contains(kind);
}

ReadingResult AnswerMetric(const nlohmann::json& answers, const MetricSpec& metric,
                           const std::string& ns) {
  Wanted wanted{ApiOf(metric.type), ""};
  if (metric.metric_selector) {
    const auto selector = ConvertSelector(*metric.metric_selector);
    if (!selector) return selector.error();
    wanted.selector = selector->ToString();
  }
  if (metric.type == MetricType::kObject &&
      !IsKnownKind(metric.described_object.api_version, metric.described_object.kind)) {
    return Error{ErrorCode::kNotFound, "no matches for kind " + metric.described_object.kind};
  }
  for (const json& entry : answers) {
    if (!Matches(entry, metric, wanted)) continue;
    if (!entry.contains("response")) return Error{ErrorCode::kUnavailable, entry["error"].dump()};
    const std::string body = entry["response"].dump();
    if (wanted.api == "resource") return ReadPodUsage(body, ns);
    return ReadValues(body, wanted.api == "pods");
  }
  return Error{ErrorCode::kNotFound, "the metric API does not know the metric"};
}

}  // namespace hpaplus::testing
