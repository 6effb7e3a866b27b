#include "examples/demo/scoreboard.h"

#include <algorithm>
#include <cmath>

namespace hpaplus::demo {

void Scoreboard::Begin() {
  changes_ = 0;
  under_capacity_ = {};
  reactions_.clear();
  open_.clear();
}

void Scoreboard::Load(double load, Timestamp now) {
  Account(now);
  load_ = load;
  needed_ = static_cast<int>(std::ceil(load / target_));
  std::erase_if(open_, [&](const Need& need) { return need.replicas > needed_; });
  const int covered = std::max(written(), open_.empty() ? 0 : open_.back().replicas);
  if (written_ && needed_ > covered) open_.push_back({needed_, now});
}

void Scoreboard::Written(int replicas, Timestamp now) {
  Account(now);
  if (written_ && *written_ != replicas) ++changes_;
  written_ = replicas;
  for (const Need& need : open_) {
    if (need.replicas <= replicas) reactions_.push_back(now - need.since);
  }
  std::erase_if(open_, [&](const Need& need) { return need.replicas <= replicas; });
}

void Scoreboard::Ready(int replicas, Timestamp now) {
  Account(now);
  ready_ = replicas;
}

void Scoreboard::Account(Timestamp now) {
  const bool under = load_ > static_cast<double>(ready_) * target_;
  if (accounted_ && under) under_capacity_ += now - *accounted_;
  accounted_ = now;
}

Duration Percentile(std::vector<Duration> all, double share) {
  if (all.empty()) return {};
  std::ranges::sort(all);
  const auto last = static_cast<double>(all.size() - 1);
  return all[static_cast<std::size_t>(std::lround(share * last))];
}

}  // namespace hpaplus::demo
