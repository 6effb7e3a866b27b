#include "collectors/metrics_server.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/metrics_server_reply.h"
#include "engine/base/url.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "metrics.k8s.io";

std::vector<std::string> Ordered(std::vector<std::string> names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<std::string> PathsOf(std::span<const std::string> namespaces) {
  if (namespaces.empty()) return {"/apis/metrics.k8s.io/v1beta1/pods"};
  std::vector<std::string> paths;
  for (const std::string& ns : namespaces) {
    paths.push_back(
        fmt::format("/apis/metrics.k8s.io/v1beta1/namespaces/{}/pods", PercentEncode(ns)));
  }
  return paths;
}

Result<PodUsageTable> ReadPods(Result<std::string> body) {
  if (body) return ParsePodMetrics(*std::move(body));
  return Error{body.error().code, fmt::format("{}: {}", kWho, body.error().message)};
}

}  // namespace

struct MetricsServerCollector::Answers {
  std::shared_ptr<const Reading> reading;      // Of all that could be read; null when nothing.
  std::vector<std::optional<Error>> failures;  // One per path.
};

Result<std::unique_ptr<Collector>> MetricsServerCollector::Create(const Config& config,
                                                                  KubeRead read,
                                                                  Executor& executor) {
  if (std::ranges::find(config.namespaces, "") != config.namespaces.end()) {
    return Error{ErrorCode::kInvalidArgument, "metrics.k8s.io: a namespace has no name"};
  }
  return std::unique_ptr<Collector>(new MetricsServerCollector(config, std::move(read), executor));
}

MetricsServerCollector::MetricsServerCollector(const Config& config, KubeRead read,
                                               Executor& executor)
    : namespaces_(Ordered(config.namespaces)),
      paths_(PathsOf(namespaces_)),
      read_(std::move(read)),
      executor_(executor) {}

MetricsServerCollector::Answers MetricsServerCollector::Ask(const CollectContext& context) const {
  std::vector<Result<std::string>> bodies = read_(paths_, context.deadline);
  std::vector<Result<PodUsageTable>> parts(
      paths_.size(), Error{ErrorCode::kUnavailable, "metrics.k8s.io: the answer was not read"});
  executor_.ForEachChunk(bodies.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i)
      parts[i] = ReadPods(std::move(bodies[i]));
  });

  // The namespaces are ordered, and so is each part: their sum is ordered by (ns, pod).
  Answers answers;
  auto reading = std::make_shared<Reading>();
  reading->received = context.now;
  bool any = false;
  for (Result<PodUsageTable>& part : parts) {
    answers.failures.push_back(part ? std::nullopt : std::optional<Error>(part.error()));
    if (!part) continue;
    any = true;
    if (reading->pod_usage.empty()) {
      reading->pod_usage = *std::move(part);
    } else {
      reading->pod_usage.Append(*part);
    }
  }
  if (any) answers.reading = std::move(reading);
  return answers;
}

ReadingResult MetricsServerCollector::AnswerTo(const MetricQuery& query,
                                               const Answers& answers) const {
  if (query.type != MetricType::kResource && query.type != MetricType::kContainerResource) {
    return Error{ErrorCode::kInvalidArgument,
                 "metrics.k8s.io: only metrics of type Resource and ContainerResource are read"};
  }
  if (namespaces_.empty() || query.ns.empty()) {
    if (answers.reading == nullptr) return *answers.failures.front();
    return answers.reading;
  }
  const auto found = std::ranges::lower_bound(namespaces_, query.ns);
  if (found == namespaces_.end() || *found != query.ns) {
    return Error{
        ErrorCode::kPermissionDenied,
        fmt::format("metrics.k8s.io: namespace {} is not among those to be read", query.ns)};
  }
  const auto& failure = answers.failures[static_cast<std::size_t>(found - namespaces_.begin())];
  if (failure) return *failure;
  return answers.reading;
}

std::vector<ReadingResult> MetricsServerCollector::Collect(std::span<const MetricQuery> queries,
                                                           const CollectContext& context) {
  if (queries.empty()) return {};
  if (context.stop.stop_requested()) {
    return {queries.size(), Error{ErrorCode::kUnavailable, "metrics.k8s.io: stopped"}};
  }
  if (context.deadline <= context.now) {
    return {queries.size(),
            Error{ErrorCode::kDeadlineExceeded, "metrics.k8s.io: no time is left to ask"}};
  }
  const Answers answers = Ask(context);
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  for (const MetricQuery& query : queries)
    results.push_back(AnswerTo(query, answers));
  return results;
}

}  // namespace hpaplus::collectors
