#include "collectors/kubelet_counter.h"

namespace hpaplus::collectors {
namespace {

constexpr int kPointsPerWindow = 16;
constexpr Duration kShortestRate = std::chrono::seconds(1);

}  // namespace

void KubeletCounter::Add(Timestamp at, double value, Duration window) {
  const std::optional<double> total = growth_.Take(at, value);
  if (!total) return;
  // Nothing is lost with a point in between: the growth is a running sum.
  const std::size_t size = points_.size();
  if (size >= 2 && at - points_[size - 2].at < window / kPointsPerWindow) points_.pop_back();
  points_.push_back({at, *total});
  while (points_.size() > 2 && points_[1].at <= at - window)
    points_.erase(points_.begin());
}

void KubeletCounter::StartedAt(Timestamp at) {
  if (growth_.StartAt(at)) points_.assign(1, {at, 0});
}

std::optional<KubeletCounter::Rate> KubeletCounter::rate() const {
  if (points_.size() < 2) return std::nullopt;
  const TimedValue& base = points_.front();
  const TimedValue& newest = points_.back();
  const Duration length = newest.at - base.at;
  if (length < kShortestRate) return std::nullopt;
  const double seconds = std::chrono::duration<double>(length).count();
  return Rate{(newest.value - base.value) / seconds, newest.at, length};
}

}  // namespace hpaplus::collectors
