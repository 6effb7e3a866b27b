#include "engine/replay/deviations.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hpaplus::replay {
namespace {

constexpr Replicas kMostReplicas = std::numeric_limits<Replicas>::max();
constexpr double kMostMilli = 0x1p63;

bool IsUtilization(const MetricSpec& metric) {
  return metric.target.average_utilization && !metric.target.average_value;
}

// The samples that a metric reads, those that it refuses included.
template <class F>
void EachSample(const MetricSpec& metric, const Reading& reading, const F& visit) {
  for (const ScalarSample& sample : reading.values)
    visit(sample.milli);
  for (const PodValue& sample : reading.pod_values)
    visit(sample.milli);
  for (const std::int64_t milli : reading.pod_usage.Column(metric.resource)) {
    if (milli != PodUsageTable::kAbsent) visit(milli);
  }
}

bool HasBadRequest(const ResourceList& requests, const std::string& resource) {
  return std::ranges::any_of(requests, [&resource](const auto& entry) {
    return entry.first == resource && SampleMilli(entry.second) < 0;
  });
}

bool HasBadRequest(const PodResources& pod, const std::string& resource) {
  const auto of_container = [&resource](const Container& container) {
    return HasBadRequest(container.requests, resource);
  };
  return std::ranges::any_of(pod.containers, of_container) ||
         std::ranges::any_of(pod.init_containers, of_container) ||
         (pod.pod_requests && HasBadRequest(*pod.pod_requests, resource)) ||
         HasBadRequest(pod.overhead, resource);
}

// D1: a number that is negative or does not fit.
bool HasBadNumber(const RoundInput& in, std::size_t index) {
  const MetricSpec& metric = in.view.spec->metrics[index];
  bool bad = false;
  if (in.readings[index]) {
    EachSample(metric, **in.readings[index], [&bad](std::int64_t milli) { bad |= milli < 0; });
  }
  return bad ||
         (IsUtilization(metric) && std::ranges::any_of(in.view.pods, [&metric](const auto& pod) {
            return HasBadRequest(*pod->resources, metric.resource);
          }));
}

// D2: a sum or a size that wraps around in the HPA.
bool Wraps(const RoundInput& in, std::size_t index, const MetricOutcome& outcome) {
  const MetricSpec& metric = in.view.spec->metrics[index];
  double sum = 0;
  if (in.readings[index]) {
    EachSample(metric, **in.readings[index],
               [&sum](std::int64_t milli) { sum += static_cast<double>(milli); });
  }
  const double most = IsUtilization(metric) ? kMostMilli / 100 : kMostMilli;
  return sum >= most || outcome.proposal == kMostReplicas ||
         outcome.average_utilization == std::numeric_limits<std::int32_t>::max();
}

bool RatesWrap(const RoundInput& in) {
  if (!in.view.spec->behavior) return false;
  const auto wraps = [&in](const ScalingPolicy& policy) {
    return std::int64_t{in.view.scale.spec_replicas} + policy.value > kMostReplicas;
  };
  return std::ranges::any_of(in.view.spec->behavior->scale_up.policies, wraps) ||
         std::ranges::any_of(in.view.spec->behavior->scale_down.policies, wraps);
}

// D5: a target that is not positive or does not fit.
bool HasBadTarget(const MetricTarget& target) {
  const auto bad = [](const std::optional<Quantity>& quantity) {
    return quantity && SampleMilli(*quantity) <= 0;
  };
  return bad(target.value) || bad(target.average_value) ||
         (target.average_utilization && *target.average_utilization <= 0);
}

}  // namespace

std::vector<std::string_view> DeviationsOf(const RoundInput& in,
                                           const std::vector<Proposal>& proposals) {
  bool bad_number = false;
  bool wraps = RatesWrap(in);
  bool bad_target = false;
  for (std::size_t i = 0; i < proposals.size(); ++i) {
    bad_number |= HasBadNumber(in, i);
    wraps |= Wraps(in, i, proposals[i].outcome);
    bad_target |= HasBadTarget(in.view.spec->metrics[i].target);
  }
  std::vector<std::string_view> rules;
  if (bad_number) rules.emplace_back("D1");
  if (wraps) rules.emplace_back("D2");
  if (bad_target) rules.emplace_back("D5");
  return rules;
}

}  // namespace hpaplus::replay
