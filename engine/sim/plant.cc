#include "engine/sim/plant.h"

#include <algorithm>
#include <cmath>

namespace hpaplus::sim {
namespace {

constexpr std::size_t kNumberDigits = 8;

bool IsReady(const Pod& pod) {
  return pod.ready && pod.ready->status == ConditionStatus::kTrue;
}

}  // namespace

Plant::Plant(const TargetOptions& options) : name_(options.spec.name), demand_(options.demand) {}

std::vector<std::uint64_t> Plant::Resize(Replicas replicas, Timestamp now) {
  std::vector<std::uint64_t> added;
  replicas_ = replicas;
  const auto wanted = static_cast<std::size_t>(replicas);
  if (pods_.size() > wanted) pods_.resize(wanted);
  while (pods_.size() < wanted) {
    Pod pod;
    pod.name = NameOf(next_number_);
    pod.labels = {{"app", name_}};
    pod.phase = PodPhase::kPending;
    pod.ready = ReadyCondition{ConditionStatus::kFalse, now};
    pod.containers = {{.name = "main", .requests = {{"cpu", Quantity::FromMilli(1000)}}}};
    pods_.push_back(std::make_shared<const Pod>(std::move(pod)));
    added.push_back(next_number_++);
  }
  return added;
}

bool Plant::SetReady(std::uint64_t number, Timestamp now) {
  const auto found =
      std::ranges::find(pods_, NameOf(number), [](const auto& pod) { return pod->name; });
  if (found == pods_.end()) return false;
  Pod pod = **found;
  pod.phase = PodPhase::kRunning;
  pod.start_time = now;
  pod.ready = ReadyCondition{ConditionStatus::kTrue, now};
  *found = std::make_shared<const Pod>(std::move(pod));
  return true;
}

void Plant::Measure(const std::string& ns, Timestamp now, std::vector<PodUsage>& out) const {
  const auto ready = std::ranges::count_if(pods_, [](const auto& pod) { return IsReady(*pod); });
  if (ready == 0) return;
  const auto share = std::llround(Demand(now) / static_cast<double>(ready));
  for (const auto& pod : pods_) {
    if (!IsReady(*pod)) continue;
    out.push_back({ns, pod->name, now, std::chrono::seconds(15), {{"main", {{"cpu", share}}}}});
  }
}

std::string Plant::NameOf(std::uint64_t number) const {
  const std::string digits = std::to_string(number);
  return name_ + "-" + std::string(kNumberDigits - std::min(kNumberDigits, digits.size()), '0') +
         digits;
}

}  // namespace hpaplus::sim
