#include "collectors/scrape_counter.h"

#include <algorithm>
#include <optional>

namespace hpaplus::collectors {
namespace {

constexpr int kPointsPerRange = 64;

}  // namespace

void ScrapedCounter::Add(Timestamp at, double value, Duration range) {
  const std::optional<double> total = growth_.Take(at, value);
  if (!total) return;
  const auto young = std::ranges::upper_bound(points_, at - range, {}, &TimedValue::at);
  points_.erase(points_.begin(), young);
  // Nothing is lost with a point in between: the growth is a running sum.
  const std::size_t size = points_.size();
  if (size >= 2 && at - points_[size - 2].at < range / kPointsPerRange) {
    points_.back() = {at, *total};
  } else {
    points_.push_back({at, *total});
  }
}

}  // namespace hpaplus::collectors
