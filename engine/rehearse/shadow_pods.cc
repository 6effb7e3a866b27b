#include "engine/rehearse/shadow_pods.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace hpaplus::rehearse {
namespace {

constexpr Duration kLongestStartup = std::chrono::minutes(10);
// A pod of which nothing says since when it serves has done so for long.
constexpr Duration kLongAgo = std::chrono::hours(1);

bool IsGone(const Pod& pod) {
  return pod.deleting || pod.phase == PodPhase::kSucceeded || pod.phase == PodPhase::kFailed;
}

}  // namespace

bool IsServing(const Pod& pod) {
  return pod.phase == PodPhase::kRunning && pod.ready &&
         pod.ready->status == ConditionStatus::kTrue;
}

bool WasServing(const Pod& pod, Timestamp at) {
  return IsServing(pod) && pod.ready->last_transition.value_or(Timestamp::min()) <= at;
}

void Departures::Follow(const WorkloadView& real, Timestamp now) {
  Replicas serving = 0;
  Replicas stayed = 0;
  for (const auto& pod : real.pods) {
    if (pod->deleting || !IsServing(*pod)) continue;
    ++serving;
    if (WasServing(*pod, last_)) ++stayed;
  }
  if (serving_ > stayed) gone_.emplace_back(now, serving_ - stayed);
  if (gone_.size() > kMost) gone_.pop_front();
  serving_ = serving;
  last_ = now;
}

Replicas Departures::Since(Timestamp at) const {
  Replicas count = 0;
  for (const auto& [when, gone] : gone_) {
    if (when > at) count += gone;
  }
  return count;
}

StartupTime ObserveStartup(const WorkloadView& real, Duration otherwise) {
  std::vector<Duration> times;
  for (const auto& pod : real.pods) {
    if (!IsServing(*pod) || !pod->start_time || !pod->ready->last_transition) continue;
    const Duration time = *pod->ready->last_transition - *pod->start_time;
    if (time >= Duration::zero()) times.push_back(std::min(time, kLongestStartup));
  }
  if (times.empty()) return {otherwise, false};
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
  std::ranges::nth_element(times, middle);
  return {*middle, true};
}

ShadowPods::ShadowPods(const WorkloadView& real, Timestamp now, Duration startup) {
  const Replicas size = real.scale.spec_replicas;
  std::vector<const Pod*> serving;
  for (const auto& pod : real.pods) {
    if (!IsGone(*pod) && IsServing(*pod)) serving.push_back(pod.get());
  }
  std::ranges::sort(serving, {}, [](const Pod* pod) { return pod->start_time; });
  for (const Pod* const pod : serving) {
    if (replicas_ == size) break;
    const Timestamp since = pod->ready->last_transition.value_or(now - kLongAgo);
    Add({1, pod->start_time.value_or(since), since, true});
  }
  if (real.pods.empty()) {
    const Replicas ready = std::clamp(real.scale.status_replicas, 0, size);
    Add({ready, now - kLongAgo, now - kLongAgo, true});
  }
  Add({size - replicas_, now, now + startup, false});
  FollowTemplate(real);
}

void ShadowPods::Add(Batch batch) {
  if (batch.count <= 0) return;
  batch.number = next_number_++;
  replicas_ += batch.count;
  if (batch.ready) ready_ += batch.count;
  batches_.push_back(batch);
  if (batches_.size() <= kMostBatches) return;
  // Neighbours that are equally far are one. With so many, the second one's times differ little.
  for (std::size_t i = 0; i + 1 < batches_.size(); ++i) {
    if (batches_[i].ready != batches_[i + 1].ready) continue;
    batches_[i + 1].count += batches_[i].count;
    batches_.erase(batches_.begin() + static_cast<std::ptrdiff_t>(i));
    return;
  }
}

void ShadowPods::Resize(Replicas replicas, Timestamp now, Duration startup) {
  while (replicas_ > replicas) {
    Batch& newest = batches_.back();
    const Replicas taken = std::min(replicas_ - replicas, newest.count);
    newest.count -= taken;
    replicas_ -= taken;
    if (newest.ready) ready_ -= taken;
    if (newest.count == 0) batches_.pop_back();
  }
  Add({replicas - replicas_, now, now + startup, false});
}

void ShadowPods::Advance(Timestamp now) {
  for (Batch& batch : batches_) {
    if (batch.ready || batch.ready_at > now) continue;
    batch.ready = true;
    ready_ += batch.count;
  }
  // A later one may have started faster.
  std::ranges::stable_sort(batches_, {}, [](const Batch& batch) { return !batch.ready; });
}

void ShadowPods::FollowTemplate(const WorkloadView& real) {
  const Pod* newest = nullptr;
  for (const auto& pod : real.pods) {
    if (!IsGone(*pod) && (newest == nullptr || newest->start_time < pod->start_time)) {
      newest = pod.get();
    }
  }
  if (newest == nullptr) return;
  labels_ = newest->labels;
  resources_ = newest->resources;
}

Replicas ShadowPods::ReadyAt(Timestamp at) const {
  Replicas count = 0;
  for (const Batch& batch : batches_) {
    if (batch.ready && batch.ready_at <= at) count += batch.count;
  }
  return count;
}

std::shared_ptr<Pod> ShadowPods::MakePod(const Batch& batch, bool measured) const {
  auto pod = std::make_shared<Pod>();
  pod->name = fmt::format("shadow-{:010}{}", batch.number, measured ? "" : "-");
  pod->labels = labels_;
  pod->resources = resources_;
  pod->phase = batch.ready ? PodPhase::kRunning : PodPhase::kPending;
  pod->start_time = batch.started;
  if (batch.ready) pod->ready = ReadyCondition{ConditionStatus::kTrue, batch.ready_at};
  return pod;
}

ShadowPods::Shown ShadowPods::Show(Replicas measured) const {
  Shown shown;
  shown.pods.reserve(static_cast<std::size_t>(replicas_));
  for (const Batch& batch : batches_) {
    const Replicas seen = batch.ready ? std::clamp(measured, 0, batch.count) : 0;
    measured -= seen;
    if (seen > 0) {
      shown.measured.push_back(MakePod(batch, true));
      shown.pods.insert(shown.pods.end(), static_cast<std::size_t>(seen), shown.measured.back());
    }
    if (const Replicas rest = batch.count - seen; rest > 0) {
      shown.pods.insert(shown.pods.end(), static_cast<std::size_t>(rest), MakePod(batch, false));
    }
  }
  return shown;
}

}  // namespace hpaplus::rehearse
