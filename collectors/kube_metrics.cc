#include "collectors/kube_metrics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "collectors/coalesce.h"
#include "collectors/kube_metrics_reply.h"
#include "engine/base/url.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kCustom = "/apis/custom.metrics.k8s.io";
constexpr std::string_view kExternal = "/apis/external.metrics.k8s.io/v1beta1";

constexpr Duration kVersionLasts = std::chrono::minutes(1);
constexpr Duration kFailureLasts = std::chrono::seconds(5);

// "?labelSelector=a&metricLabelSelector=b", without those that are empty.
std::string Parameters(std::initializer_list<std::pair<std::string_view, std::string_view>> all) {
  std::string out;
  for (const auto& [key, value] : all) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", out.empty() ? '?' : '&', key, PercentEncode(value));
  }
  return out;
}

std::string_view GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? "" : api_version.substr(0, slash);
}

std::string ExternalPath(const MetricQuery& query) {
  return fmt::format("{}/namespaces/{}/{}{}", kExternal, PercentEncode(query.ns),
                     PercentEncode(query.expression),
                     Parameters({{"labelSelector", query.selector}}));
}

Result<std::string> PreferredVersion(const Result<std::string>& body) {
  if (!body) return body.error();
  const Result<std::vector<std::string>> served = ParseGroupVersions(*body);
  if (!served) return served.error();
  for (const char* const known : {"v1beta2", "v1beta1"}) {
    if (std::ranges::find(*served, known) != served->end()) return std::string(known);
  }
  return Error{ErrorCode::kNotFound, "neither v1beta2 nor v1beta1 is served"};
}

std::vector<PodValue> PodValuesOf(std::vector<MetricValue> values) {
  std::vector<PodValue> pods;
  pods.reserve(values.size());
  for (MetricValue& value : values)
    pods.push_back({std::move(value.object), value.at, value.window, value.milli});
  std::ranges::stable_sort(pods, {}, &PodValue::pod);
  // Backwards, because unique keeps the first it meets.
  const auto kept = std::unique(pods.rbegin(), pods.rend(),
                                [](const auto& a, const auto& b) { return a.pod == b.pod; });
  pods.erase(pods.begin(), kept.base());
  return pods;
}

}  // namespace

Result<std::unique_ptr<Collector>> KubeMetricsCollector::Create(const Config& config, KubeRead read,
                                                                KindToResource resource_of) {
  if (config.name.empty()) {
    return Error{ErrorCode::kInvalidArgument, "metric API: the collector has no name"};
  }
  return std::unique_ptr<Collector>(
      new KubeMetricsCollector(config, std::move(read), std::move(resource_of)));
}

KubeMetricsCollector::KubeMetricsCollector(const Config& config, KubeRead read,
                                           KindToResource resource_of)
    : name_(config.name),
      read_(std::move(read)),
      resource_of_(std::move(resource_of)),
      version_(Error{ErrorCode::kUnavailable, "not looked up"}) {}

Result<std::string> KubeMetricsCollector::CustomVersion(const CollectContext& context) {
  if (context.now < version_until_) return version_;
  const std::string path(kCustom);
  version_ = PreferredVersion(read_({&path, 1}, context.deadline).front());
  version_until_ = context.now + (version_ ? kVersionLasts : kFailureLasts);
  return version_;
}

Result<std::string> KubeMetricsCollector::CustomPath(const MetricQuery& query,
                                                     const CollectContext& context) {
  const Result<std::string> version = CustomVersion(context);
  if (!version) {
    return Error{version.error().code, "custom.metrics.k8s.io: " + version.error().message};
  }
  const std::string base =
      fmt::format("{}/{}/namespaces/{}/", kCustom, *version, PercentEncode(query.ns));
  const std::string metric = PercentEncode(query.expression);
  if (query.type == MetricType::kPods) {
    return base + "pods/*/" + metric +
           Parameters(
               {{"labelSelector", query.pod_selector}, {"metricLabelSelector", query.selector}});
  }
  const std::string parameters = Parameters({{"metricLabelSelector", query.selector}});
  // A namespace is described by its own path; the object's name does not count, as in the HPA.
  if (query.object.kind == "Namespace" && GroupOf(query.object.api_version).empty()) {
    return base + "metrics/" + metric + parameters;
  }
  Result<std::string> resource =
      resource_of_(query.object.api_version, query.object.kind, context.deadline);
  if (!resource) return resource;
  return base + PercentEncode(*resource) + "/" + PercentEncode(query.object.name) + "/" + metric +
         parameters;
}

Result<std::string> KubeMetricsCollector::PathOf(const MetricQuery& query,
                                                 const CollectContext& context) {
  if (query.expression.empty() || query.ns.empty()) {
    return Error{ErrorCode::kInvalidArgument, "metric API: a metric needs a name and a namespace"};
  }
  switch (query.type) {
    case MetricType::kPods:
    case MetricType::kObject:
      return CustomPath(query, context);
    case MetricType::kExternal:
      return ExternalPath(query);
    case MetricType::kUnknown:
    case MetricType::kResource:
    case MetricType::kContainerResource:
    case MetricType::kSource:
    case MetricType::kFormula:
      break;
  }
  return Error{ErrorCode::kInvalidArgument,
               "metric API: only metrics of type Pods, Object and External are read"};
}

ReadingResult KubeMetricsCollector::ReadBody(const MetricQuery& query,
                                             const Result<std::string>& body, Timestamp now) const {
  if (!body) {
    return Error{body.error().code, fmt::format("{}: {}", name_, body.error().message)};
  }
  Result<std::vector<MetricValue>> values = ParseMetricValues(*body);
  if (!values) return values.error();
  if (query.type == MetricType::kObject && values->size() != 1) {
    return Error{
        ErrorCode::kMalformedData,
        fmt::format("{}: {} values for one object, instead of one", name_, values->size())};
  }
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  if (query.type == MetricType::kPods) {
    reading->pod_values = PodValuesOf(std::move(*values));
    reading->selected = true;
  } else {
    for (const MetricValue& value : *values)
      reading->values.push_back({value.at, value.value, value.milli});
  }
  return std::shared_ptr<const Reading>(std::move(reading));
}

std::vector<ReadingResult> KubeMetricsCollector::Collect(std::span<const MetricQuery> queries,
                                                         const CollectContext& context) {
  if (queries.empty()) return {};
  if (context.stop.stop_requested()) {
    return {queries.size(), Error{ErrorCode::kUnavailable, name_ + ": stopped"}};
  }
  if (context.deadline <= context.now) {
    return {queries.size(),
            Error{ErrorCode::kDeadlineExceeded, name_ + ": no time is left to ask"}};
  }
  std::vector<Result<std::string>> paths;
  std::vector<std::string> questions;
  for (const MetricQuery& query : queries) {
    const Result<std::string>& path = paths.emplace_back(PathOf(query, context));
    if (path) questions.push_back(*path);
  }
  const Coalesced asked = Coalesce(questions);
  std::vector<Result<std::string>> bodies;
  if (!asked.distinct.empty()) bodies = read_(asked.distinct, context.deadline);

  // Equal paths are equal queries, so the first one's reading serves them all.
  std::vector<ReadingResult> readings(bodies.size(),
                                      Error{ErrorCode::kUnavailable, name_ + ": not read"});
  std::vector<bool> read(bodies.size());
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!paths[i]) {
      results.push_back(paths[i].error());
      continue;
    }
    const std::size_t answer = asked.answer_of[next++];
    if (!read[answer]) readings[answer] = ReadBody(queries[i], bodies[answer], context.now);
    read[answer] = true;
    results.push_back(readings[answer]);
  }
  return results;
}

}  // namespace hpaplus::collectors
