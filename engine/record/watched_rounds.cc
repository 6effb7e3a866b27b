#include "engine/record/watched_rounds.h"

#include <algorithm>
#include <utility>

namespace hpaplus::record {
namespace {

// Of what the round keeps alive. What rounds share counts for each of them.
std::size_t WeightOf(const Round& round) {
  std::size_t weight = 1 + round.view->pods.size();
  for (const ReadingResult& reading : round.readings) {
    if (!reading) continue;
    weight +=
        (*reading)->values.size() + (*reading)->pod_values.size() + (*reading)->pod_usage.size();
  }
  return weight;
}

}  // namespace

void WatchedRounds::Watch(WorkloadId id, Timestamp now) {
  const MutexLock lock(mutex_);
  watched_[id].asked = now;
  if (watched_.size() > config_.objects) {
    Forget(
        std::ranges::min_element(watched_, {}, [](const auto& one) { return one.second.asked; }));
  }
  any_ = true;
}

WatchedRounds::Rounds WatchedRounds::Of(WorkloadId id) const {
  const MutexLock lock(mutex_);
  Rounds rounds;
  const auto found = watched_.find(id);
  if (found == watched_.end()) return rounds;
  for (const Kept& kept : found->second.rounds)
    rounds.push_back(kept.round);
  return rounds;
}

bool WatchedRounds::Wants(WorkloadId id, const WorkloadView& view) {
  return IsWatched(id) || (next_ != nullptr && next_->Wants(id, view));
}

bool WatchedRounds::WantsHistory(WorkloadId id) {
  // Both are asked: the next one may count on having been.
  const bool others = next_ != nullptr && next_->WantsHistory(id);
  return IsWatched(id) || others;
}

void WatchedRounds::Take(Round round) {
  if (IsWatched(round.id) && round.history) Keep(round);
  if (next_ != nullptr && next_->Wants(round.id, *round.view)) next_->Take(std::move(round));
}

void WatchedRounds::RecordGone(WorkloadId workload) {
  if (!any_) return;
  const MutexLock lock(mutex_);
  const auto found = watched_.find(workload);
  if (found != watched_.end()) Forget(found);
}

bool WatchedRounds::IsWatched(WorkloadId id) const {
  if (!any_) return false;
  const MutexLock lock(mutex_);
  return watched_.contains(id);
}

void WatchedRounds::Keep(const Round& round) {
  const MutexLock lock(mutex_);
  const auto found = watched_.find(round.id);
  if (found == watched_.end()) return;
  Watched& watched = found->second;
  if (round.at - watched.asked > config_.patience) return Forget(found);
  const std::size_t weight = WeightOf(round);
  while (!watched.rounds.empty() &&
         (watched.rounds.size() >= config_.rounds || weight_ + weight > config_.weight)) {
    DropFirst(watched);
  }
  if (weight_ + weight > config_.weight) return;
  watched.rounds.push_back({std::make_shared<const Round>(round), weight});
  weight_ += weight;
}

void WatchedRounds::DropFirst(Watched& watched) {
  weight_ -= watched.rounds.front().weight;
  watched.rounds.pop_front();
}

void WatchedRounds::Forget(std::map<WorkloadId, Watched>::iterator watched) {
  while (!watched->second.rounds.empty())
    DropFirst(watched->second);
  watched_.erase(watched);
  any_ = !watched_.empty();
}

}  // namespace hpaplus::record
