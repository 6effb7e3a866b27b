#include "engine/sim/plant.h"

#include <algorithm>
#include <cmath>

namespace hpaplus::sim {
namespace {

constexpr std::size_t kNumberDigits = 8;
constexpr const char* kRevisionLabel = "pod-template-hash";

bool IsReady(const Pod& pod) {
  return pod.ready && pod.ready->status == ConditionStatus::kTrue;
}

}  // namespace

Plant::Plant(const TargetOptions& options)
    : name_(options.spec.name),
      demand_(options.demand),
      resources_(
          PodResources{.containers = {{"main", {{"cpu", Quantity::FromMilli(1000)}}, false}}}) {}

std::vector<std::uint64_t> Plant::Resize(Replicas replicas, Timestamp now) {
  std::vector<std::uint64_t> added;
  replicas_ = replicas;
  const auto wanted = static_cast<std::size_t>(replicas);
  if (pods_.size() > wanted) pods_.resize(wanted);
  while (pods_.size() < wanted)
    added.push_back(AddPod(now));
  return added;
}

std::uint64_t Plant::AddPod(Timestamp now) {
  Pod pod;
  pod.name = NameOf(next_number_);
  PodLabels labels = {{"app", name_}};
  if (revision_ > 0) labels.emplace_back(kRevisionLabel, std::to_string(revision_));
  pod.labels = std::move(labels);
  pod.phase = PodPhase::kPending;
  pod.ready = ReadyCondition{ConditionStatus::kFalse, now};
  pod.resources = resources_;
  pods_.push_back(std::make_shared<const Pod>(std::move(pod)));
  return next_number_++;
}

bool Plant::IsOld(const Pod& pod) const {
  const bool newest = revision_ == 0 || pod.labels->back().second == std::to_string(revision_);
  return !newest;
}

std::vector<std::uint64_t> Plant::ReplaceBatch(Replicas count, Timestamp now) {
  std::vector<std::uint64_t> added;
  for (Replicas i = 0; i < count; ++i) {
    const auto old = std::ranges::find_if(pods_, [this](const auto& pod) { return IsOld(*pod); });
    if (old == pods_.end()) break;
    pods_.erase(old);
    added.push_back(AddPod(now));
  }
  return added;
}

RolloutState Plant::Rollout() const {
  RolloutState state;
  if (revision_ == 0) return state;
  const auto old = std::ranges::count_if(pods_, [this](const auto& pod) { return IsOld(*pod); });
  state.known = true;
  state.rolling = old > 0;
  state.replicas = static_cast<Replicas>(pods_.size());
  state.updated = state.replicas - static_cast<Replicas>(old);
  state.revision_label = kRevisionLabel;
  return state;
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
