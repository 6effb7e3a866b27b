#include "engine/eval/read_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/model/label_selector.h"
#include "engine/model/pod_network.h"

namespace hpaplus {
namespace {

Result<PlannedRead> PlanNamed(std::string_view source, const MetricSpec& metric,
                              const WorkloadView& view) {
  PlannedRead read{SourceName(source), {}};
  read.query.type = metric.type;
  read.query.ns = view.spec->ns;
  read.query.expression = metric.metric;
  if (metric.metric_selector) {
    Result<std::string> selector = SelectorText(*metric.metric_selector);
    if (!selector) return selector.error();
    read.query.selector = std::move(*selector);
  }
  if (metric.type == MetricType::kPods) read.query.pod_selector = view.scale.selector.value_or("");
  if (metric.type == MetricType::kObject) read.query.object = metric.described_object;
  return read;
}

SourceName NameOfReferred(const SourceRef& source, const std::string& ns) {
  if (source.kind == "ClusterMetricSource") return source.kind + "/" + source.name;
  return source.kind + "/" + ns + "/" + source.name;
}

// A name that means nothing but itself wherever a query may have it.
bool IsHarmless(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

// The query with the object's own names in the places kept for them.
Result<std::string> WithNames(std::string query, const WorkloadSpec& spec) {
  const std::pair<std::string_view, const std::string*> names[] = {
      {"${namespace}", &spec.ns}, {"${name}", &spec.name}, {"${target}", &spec.target.name}};
  for (const auto& [place, name] : names) {
    for (std::size_t at = query.find(place); at != std::string::npos; at = query.find(place, at)) {
      if (!IsHarmless(*name)) {
        return Error{ErrorCode::kInvalidArgument,
                     "the query has " + std::string(place) + ", and that name cannot stand there"};
      }
      query.replace(at, place.size(), *name);
      at += name->size();
    }
  }
  return query;
}

Result<PlannedRead> PlanSource(const MetricSpec& metric, const WorkloadSpec& spec) {
  Result<std::string> query = WithNames(metric.query, spec);
  if (!query) return query.error();
  return PlannedRead{NameOfReferred(metric.source, spec.ns),
                     {.type = metric.type, .ns = spec.ns, .expression = *std::move(query)}};
}

// One read for all that an object wants to know of its pods' usage, and one per kind of traffic.
Result<PlannedRead> PlanKubelet(const MetricSpec& metric, const WorkloadView& view) {
  if (!view.scale.selector) {
    return Error{ErrorCode::kInvalidArgument,
                 "the target has no selector, so the kubelets cannot be asked for its pods"};
  }
  if (metric.metric_selector) {
    return Error{ErrorCode::kInvalidArgument,
                 "metric " + metric.metric + " comes from kubelets, which know no metric selector"};
  }
  PlannedRead read{SourceName(kKubeletMetrics), {.type = MetricType::kResource}};
  if (metric.type == MetricType::kPods) {
    read.query.type = MetricType::kPods;
    read.query.expression = metric.metric;
  }
  read.query.ns = view.spec->ns;
  read.query.pod_selector = *view.scale.selector;
  return read;
}

Result<PlannedRead> PlanRead(const MetricSpec& metric, const WorkloadView& view,
                             PodMetricsFrom from) {
  const bool by_kubelet = from == PodMetricsFrom::kKubelet;
  switch (metric.type) {
    case MetricType::kResource:
    case MetricType::kContainerResource:
      if (by_kubelet) return PlanKubelet(metric, view);
      return PlannedRead{SourceName(kResourceMetrics), {.type = MetricType::kResource}};
    case MetricType::kPods:
      if (by_kubelet && IsPodNetworkMetric(metric.metric)) return PlanKubelet(metric, view);
      return PlanNamed(kCustomMetrics, metric, view);
    case MetricType::kObject:
      return PlanNamed(kCustomMetrics, metric, view);
    case MetricType::kExternal:
      return PlanNamed(kExternalMetrics, metric, view);
    case MetricType::kSource:
      return PlanSource(metric, *view.spec);
    case MetricType::kFormula:
      return Error{ErrorCode::kInvalidArgument, "a formula is computed, not read"};
    case MetricType::kUnknown:
      return Error{ErrorCode::kInvalidArgument, "the metric's type is unknown"};
  }
  HPAPLUS_CHECK(false);
}

}  // namespace

std::string_view PodMetricsFromName(PodMetricsFrom from) {
  return from == PodMetricsFrom::kKubelet ? "Kubelet" : "MetricsServer";
}

std::optional<PodMetricsFrom> ParsePodMetricsFrom(std::string_view name) {
  for (const PodMetricsFrom from : {PodMetricsFrom::kMetricsServer, PodMetricsFrom::kKubelet}) {
    if (name == PodMetricsFromName(from)) return from;
  }
  return std::nullopt;
}

std::vector<Result<PlannedRead>> PlanReads(const WorkloadView& view, PodMetricsFrom from) {
  std::vector<Result<PlannedRead>> reads;
  reads.reserve(view.spec->metrics.size());
  for (const MetricSpec& metric : view.spec->metrics)
    reads.push_back(PlanRead(metric, view, from));
  return reads;
}

bool NeedsReads(const WorkloadView& view) {
  const WorkloadSpec& spec = *view.spec;
  const Replicas current = view.scale.spec_replicas;
  const bool doubled = !view.conflict.empty() && spec.mode != Mode::kDryRun;
  const Replicas least = spec.idle ? spec.idle->replicas : std::max(spec.min_replicas, 1);
  // What we have taken to zero ourselves comes back when a metric that needs no pods asks for it.
  const bool wakes =
      current == 0 && view.scaled_to_zero && (spec.min_replicas != 0 || HasTotals(spec));
  const bool shadowed = spec.mode == Mode::kDryRun;
  return spec.mode != Mode::kPaused && view.scale.status == ScaleStatus::kKnown && !doubled &&
         (shadowed || wakes || (current >= least && current <= spec.max_replicas));
}

}  // namespace hpaplus
