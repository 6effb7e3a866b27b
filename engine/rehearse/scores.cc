#include "engine/rehearse/scores.h"

#include <algorithm>
#include <cmath>

namespace hpaplus::rehearse {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;

// The smallest number that is not less than this share of all. Nearest rank.
double Quantile(std::vector<double> numbers, double share) {
  if (numbers.empty()) return 0;
  const auto rank =
      static_cast<std::ptrdiff_t>(std::ceil(share * static_cast<double>(numbers.size())));
  const auto at = numbers.begin() + std::max<std::ptrdiff_t>(rank, 1) - 1;
  std::ranges::nth_element(numbers, at);
  return *at;
}

}  // namespace

ScoreKeeper::ScoreKeeper(double step_seconds)
    : step_(step_seconds),
      minute_most_(std::max<std::int64_t>(std::llround(std::floor(kMinute / step_seconds)), 1)) {}

void ScoreKeeper::Add(Replicas needed, Replicas ready, Replicas replicas, std::int64_t steps) {
  if (steps <= 0) return;
  const double missing = std::max(needed - ready, 0);
  const double lasted = step_ * static_cast<double>(steps);
  sums_.seconds += lasted;
  replica_seconds_ += replicas * lasted;
  sums_.under_provisioned_area += missing * lasted;
  sums_.over_provisioned_area += std::max(ready - needed, 0) * lasted;
  if (missing > 0) {
    short_seconds_ += lasted;
    shortage_ += lasted;
  } else if (shortage_ > 0) {
    shortages_.push_back(shortage_);
    shortage_ = 0;
  }
  AddToMinute({static_cast<double>(needed), missing, steps});
}

// While nothing is missing no minute is the worst: then steps are taken together.
void ScoreKeeper::AddToMinute(Steps steps) {
  const bool together = steps.missing == 0 && minute_sum_.missing == 0;
  if (together) return Push(steps);
  // After a whole minute of the same step the sliding one does not change any more.
  const std::int64_t alone = std::min(steps.count, minute_most_);
  for (std::int64_t i = 0; i < alone; ++i) {
    Push({steps.needed, steps.missing, 1});
    if (minute_sum_.needed > 0) {
      sums_.worst_minute = std::max(sums_.worst_minute, minute_sum_.missing / minute_sum_.needed);
    }
  }
}

void ScoreKeeper::Push(const Steps& steps) {
  const auto add = [this](const Steps& some, std::int64_t count) {
    minute_sum_.needed += some.needed * static_cast<double>(count);
    minute_sum_.missing += some.missing * static_cast<double>(count);
    minute_sum_.count += count;
  };
  minute_.push_back(steps);
  add(steps, steps.count);
  while (minute_sum_.count > minute_most_) {
    Steps& oldest = minute_.front();
    const std::int64_t surplus = std::min(minute_sum_.count - minute_most_, oldest.count);
    add(oldest, -surplus);
    oldest.count -= surplus;
    if (oldest.count == 0) minute_.pop_front();
  }
}

void ScoreKeeper::AddChange(Replicas from, Replicas to) {
  const int direction = to > from ? 1 : -1;
  ++sums_.changes;
  if (direction_ != 0 && direction != direction_) ++sums_.reversals;
  direction_ = direction;
}

Scores ScoreKeeper::Total() const {
  Scores total = sums_;
  total.replica_hours = replica_seconds_ / kHour;
  if (total.seconds > 0) total.under_provisioned_time_share = short_seconds_ / total.seconds;
  std::vector<double> shortages = shortages_;
  if (shortage_ > 0) shortages.push_back(shortage_);
  total.reaction_p50_seconds = Quantile(shortages, 0.5);
  total.reaction_p99_seconds = Quantile(std::move(shortages), 0.99);
  return total;
}

}  // namespace hpaplus::rehearse
