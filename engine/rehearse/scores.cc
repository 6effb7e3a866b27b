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

ScoreKeeper::ScoreKeeper(double step_seconds) : step_(step_seconds) {}

void ScoreKeeper::Add(Replicas needed, Replicas ready, Replicas replicas) {
  const double missing = std::max(needed - ready, 0);
  sums_.seconds += step_;
  sums_.replica_hours += replicas * step_ / kHour;
  sums_.under_provisioned_area += missing * step_;
  sums_.over_provisioned_area += std::max(ready - needed, 0) * step_;
  if (missing > 0) {
    short_seconds_ += step_;
    shortage_ += step_;
  } else if (shortage_ > 0) {
    shortages_.push_back(shortage_);
    shortage_ = 0;
  }
  AddToMinute({static_cast<double>(needed), missing});
}

void ScoreKeeper::AddToMinute(Step step) {
  minute_.push_back(step);
  minute_sum_.needed += step.needed;
  minute_sum_.missing += step.missing;
  while (static_cast<double>(minute_.size()) * step_ > kMinute && minute_.size() > 1) {
    minute_sum_.needed -= minute_.front().needed;
    minute_sum_.missing -= minute_.front().missing;
    minute_.pop_front();
  }
  if (minute_sum_.needed > 0) {
    sums_.worst_minute = std::max(sums_.worst_minute, minute_sum_.missing / minute_sum_.needed);
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
  if (total.seconds > 0) total.under_provisioned_time_share = short_seconds_ / total.seconds;
  std::vector<double> shortages = shortages_;
  if (shortage_ > 0) shortages.push_back(shortage_);
  total.reaction_p50_seconds = Quantile(shortages, 0.5);
  total.reaction_p99_seconds = Quantile(std::move(shortages), 0.99);
  return total;
}

}  // namespace hpaplus::rehearse
