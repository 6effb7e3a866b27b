#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/core/policy.h"
#include "engine/ports/executor.h"
#include "engine/rehearse/direct_run.h"
#include "engine/rehearse/objective.h"
#include "engine/rehearse/search_space.h"

namespace hpaplus::rehearse {

/// A policy that was tried, and what came of it.
struct Tried {
  SearchSpace::Point point;
  ScorePair scores;
  Standing standing;
};

/// What hpa-default does in each situation.
struct HpaRuns {
  DirectScores plain;
  DirectScores stressed;
  DirectScores ramped;
};

/// Searches the space for what an objective calls best: what is usual and its neighbours,
/// stratified samples of all of it, then children of the best and of the Pareto front (cost, under,
/// changes), one generation after the other. A generation is drawn before any of it is tried, so
/// that a seed gives the same search whatever the number of threads; only how many generations
/// there are is up to the caller. Not thread-safe.
class Tuner {
 public:
  struct World {
    const SearchSpace& space;
    const Situation& plain;
    const Situation& stressed;
    const Situation* ramped;  // Null: there is none.
    const PolicyFactory& policies;
    const Objective& objective;
    Executor& executor;
    Timestamp start{};
    double ahead = 1;  // How long a policy has to stand, beside how long it is searched on.
  };

  static constexpr std::size_t kGeneration = 32;
  static constexpr std::size_t kSampled = 3;  // Generations of samples.
  static constexpr std::size_t kMostTried = 100'000;

  /// `hpa` is what hpa-default does in the same situations.
  Tuner(const World& world, HpaRuns hpa, std::uint64_t seed);

  /// The next generation's points, none of which has been tried; less than a generation when the
  /// space has no more.
  [[nodiscard]] std::vector<SearchSpace::Point> Draw();
  /// Tries them in parallel. Nothing: `stop` was requested before all had been tried.
  [[nodiscard]] std::vector<ScorePair> Try(const std::vector<SearchSpace::Point>& points,
                                           const std::stop_token& stop) const;
  /// One point. What is far from any limit already is not tried under stress, too.
  [[nodiscard]] ScorePair TryOne(const SearchSpace::Point& point) const;
  /// Takes in what came of the points that were drawn last.
  void Learn(const std::vector<SearchSpace::Point>& points, const std::vector<ScorePair>& scores);

  /// All, in their order.
  [[nodiscard]] const std::vector<Tried>& tried() const { return tried_; }
  /// The one with the best standing; null: none was tried.
  [[nodiscard]] const Tried* best() const;
  /// A policy with as many optional knobs as possible at their usual choices, as long as it stands
  /// as well.
  [[nodiscard]] Tried Plainer(Tried best) const;
  /// A policy that decides as much more often as clearly helps, down to what the search does not
  /// draw for its price.
  [[nodiscard]] Tried Quicker(Tried best) const;
  /// Those than which none is better in cost, under and changes at once; the cheapest first.
  [[nodiscard]] std::vector<std::size_t> Front() const;

 private:
  [[nodiscard]] std::vector<std::size_t> Best(std::size_t most) const;
  [[nodiscard]] Tried TryAndJudge(SearchSpace::Point point) const;
  void Sample(Random& random, std::vector<SearchSpace::Point>& points);
  [[nodiscard]] SearchSpace::Point Child(Random& random, const SearchSpace::Point& mother,
                                         const SearchSpace::Point& father) const;
  [[nodiscard]] const SearchSpace::Point& Parent(Random& random,
                                                 const std::vector<std::size_t>& best) const;
  void AddToFront(std::size_t index);
  [[nodiscard]] double ChanceOf(const DirectScores& run, const DirectScores& hpa) const;

  const World world_;
  const HpaRuns hpa_runs_;
  const ScorePair hpa_;
  const std::uint64_t seed_;
  std::size_t generation_ = 0;
  std::vector<Tried> tried_;
  std::map<SearchSpace::Point, std::size_t> known_;
  std::vector<std::size_t> front_;
};

}  // namespace hpaplus::rehearse
