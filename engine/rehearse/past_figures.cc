#include "engine/rehearse/past_figures.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "engine/rehearse/retraced_run.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
constexpr double kQuick = 5 * kMinute;

// The worst of all minutes, wherever they begin.
class SlidingMinute {
 public:
  explicit SlidingMinute(double step)
      : most_(static_cast<std::size_t>(std::max(std::floor(kMinute / step), 1.0))) {}

  void Add(double seconds, double needed, double missing, PastFigures& figures) {
    steps_.push_back({seconds, needed, missing});
    needed_ += needed;
    missing_ += missing;
    if (steps_.size() > most_) {
      needed_ -= steps_.front().needed;
      missing_ -= steps_.front().missing;
      steps_.pop_front();
    }
    if (needed_ <= 0 || missing_ / needed_ <= figures.worst_minute_share) return;
    figures.worst_minute_share = missing_ / needed_;
    figures.worst_minute_seconds = steps_.front().seconds;
  }

 private:
  struct Step {
    double seconds = 0;
    double needed = 0;
    double missing = 0;
  };

  const std::size_t most_;
  std::deque<Step> steps_;
  double needed_ = 0;  // Whole numbers, so that adding and taking away leaves no rest.
  double missing_ = 0;
};

void CountChanges(const std::vector<Change>& changes, double from, PastFigures& figures) {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].seconds < from) continue;
    ++figures.changes;
    if (i == 0) continue;
    const bool grew = changes[i].to > changes[i].from;
    const bool grew_before = changes[i - 1].to > changes[i - 1].from;
    const bool quick = changes[i].seconds - changes[i - 1].seconds < kQuick;
    if (quick && grew != grew_before) ++figures.quick_reversals;
  }
}

}  // namespace

PastFigures FiguresOf(const Situation& situation, const PolicyRun& run, double from) {
  const double step = ToSeconds(situation.options().step);
  PastFigures figures;
  RetracedRun again(run, situation.options().plant);
  SlidingMinute minute(step);
  double replica_seconds = 0;
  const auto first = static_cast<std::int64_t>(std::ceil(std::max(from, 0.0) / step));
  for (std::int64_t begin = 0; const Situation::Need& need : situation.needs()) {
    for (std::int64_t i = std::max(begin, first); i < need.until; ++i) {
      const double seconds = static_cast<double>(i) * step;
      again.MoveTo(seconds);
      const Replicas missing = std::max(need.replicas - again.ready(), 0);
      figures.seconds += step;
      replica_seconds += again.replicas() * step;
      if (missing > 0) figures.short_seconds += step;
      minute.Add(seconds, need.replicas, missing, figures);
    }
    begin = need.until;
  }
  figures.replica_hours = replica_seconds / kHour;
  CountChanges(run.changes, from, figures);
  return figures;
}

}  // namespace hpaplus::rehearse
