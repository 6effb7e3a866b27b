#include "engine/rehearse/rehearsed_spec.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

namespace hpaplus::rehearse {
namespace {

constexpr std::int64_t kRequestMilli = 1000;  // What a pod asks for of every resource.
constexpr const char* kContainer = "main";

bool ReadsUsage(const MetricSpec& metric) {
  return metric.type == MetricType::kResource || metric.type == MetricType::kContainerResource;
}

std::int64_t Milli(double value) {
  constexpr double kMost = 9e15;
  return std::llround(std::min(value * 1000, kMost));
}

double OfferedTo(const Measured& measured) {
  return measured.demand / std::max(measured.ready, 1);
}

}  // namespace

std::shared_ptr<const WorkloadSpec> Rehearsed(WorkloadSpec spec) {
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    MetricSpec& metric = spec.metrics[i];
    metric.query = std::to_string(i);
    metric.metric = std::to_string(i);
    metric.metric_selector.reset();
  }
  spec.mode = Mode::kActive;
  return std::make_shared<const WorkloadSpec>(std::move(spec));
}

bool LooksAtPods(const WorkloadSpec& spec) {
  return spec.burst || spec.rollout || std::ranges::any_of(spec.metrics, [](const auto& metric) {
           return ReadsUsage(metric) || metric.type == MetricType::kPods ||
                  metric.target.type == TargetType::kValue;
         });
}

PodResources ResourcesFor(const WorkloadSpec& spec) {
  std::set<std::string> containers;
  std::set<std::string> resources;
  for (const MetricSpec& metric : spec.metrics) {
    if (!ReadsUsage(metric)) continue;
    containers.insert(metric.container.empty() ? kContainer : metric.container);
    resources.insert(metric.resource);
  }
  PodResources out;
  for (const std::string& name : containers) {
    Container& container = out.containers.emplace_back();
    container.name = name;
    for (const std::string& resource : resources)
      container.requests.emplace_back(resource, Quantity::FromMilli(kRequestMilli));
  }
  return out;
}

ScalarSample SampleOfWhole(const MetricSpec& metric, const Measured& measured) {
  const bool per_replica = metric.target.type == TargetType::kValue;
  const double number = per_replica ? OfferedTo(measured) : measured.demand;
  return {measured.at, number, Milli(number)};
}

std::int64_t ServedMilli(const Measured& measured, double capacity_per_replica) {
  return Milli(std::min(OfferedTo(measured), capacity_per_replica));
}

std::int64_t UsedMilli(const Measured& measured, double capacity_per_replica) {
  const double busy = std::min(OfferedTo(measured) / capacity_per_replica, 1.0);
  return std::llround(busy * static_cast<double>(kRequestMilli));
}

}  // namespace hpaplus::rehearse
