#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus::demo {

/// Keeps the score of one service: how fast its size follows its load. Pure; fed with what was
/// seen and when.
///
/// A reaction is the time from the moment at which the load first needs N replicas to the moment at
/// which N or more are written to /scale. A need that is over before anything could have seen it
/// (the load is read once a second) is none.
class Scoreboard {
 public:
  explicit Scoreboard(double target_per_replica) : target_(target_per_replica) {}

  /// Forgets all that counts, but not what is seen: the game begins now.
  void Begin();

  void Load(double load, Timestamp now);
  void Written(int replicas, Timestamp now);
  void Ready(int replicas, Timestamp now);

  [[nodiscard]] int needed() const { return needed_; }
  [[nodiscard]] double load() const { return load_; }
  [[nodiscard]] int written() const { return written_.value_or(0); }
  [[nodiscard]] int ready() const { return ready_; }
  [[nodiscard]] int changes() const { return changes_; }
  [[nodiscard]] Duration under_capacity() const { return under_capacity_; }
  [[nodiscard]] const std::vector<Duration>& reactions() const { return reactions_; }

 private:
  struct Need {
    int replicas = 0;
    Timestamp since{};
  };

  void Account(Timestamp now);

  double target_;
  double load_ = 0;
  int needed_ = 0;
  std::optional<int> written_;
  int ready_ = 0;
  int changes_ = 0;
  Duration under_capacity_{};
  std::optional<Timestamp> accounted_;
  std::vector<Need> open_;  // Ascending in replicas and in time.
  std::vector<Duration> reactions_;
};

/// The value below which the given share of all lies; zero of nothing.
[[nodiscard]] Duration Percentile(std::vector<Duration> all, double share);

}  // namespace hpaplus::demo
