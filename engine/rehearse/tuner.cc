#include "engine/rehearse/tuner.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus::rehearse {
namespace {

using Point = SearchSpace::Point;

constexpr double kAsSure = 0.005;

std::size_t Pick(Random& random, std::size_t count) {
  return std::min(static_cast<std::size_t>(random.Uniform() * static_cast<double>(count)),
                  count - 1);
}

// Of nearly normal distribution, with a standard deviation of 1.
double Normal(Random& random) {
  double sum = 0;
  for (int i = 0; i < 12; ++i)
    sum += random.Uniform();
  return sum - 6;
}

// Whether one run is nowhere worse than another, and somewhere better.
bool Dominates(const Scores& a, const Scores& b) {
  const auto figures = [](const Scores& scores) {
    return std::tuple(scores.replica_hours, scores.under_provisioned_time_share,
                      static_cast<double>(scores.changes));
  };
  const auto [a_cost, a_under, a_changes] = figures(a);
  const auto [b_cost, b_under, b_changes] = figures(b);
  const bool no_worse = a_cost <= b_cost && a_under <= b_under && a_changes <= b_changes;
  return no_worse && figures(a) != figures(b);
}

std::uint32_t Moved(std::uint32_t index, const SearchSpace::Knob& knob, Random& random) {
  constexpr double kSpread = 0.15;
  constexpr double kAnywhere = 0.15;
  if (random.Chance(kAnywhere)) {
    return knob.least + static_cast<std::uint32_t>(Pick(random, knob.choices.size() - knob.least));
  }
  const double least = knob.least;
  const double most = static_cast<double>(knob.choices.size() - 1);
  const double step = Normal(random) * std::max(kSpread * (most - least), 0.8);
  const double moved = std::clamp(std::round(index + step), least, most);
  return static_cast<std::uint32_t>(moved);
}

}  // namespace

Tuner::Tuner(const World& world, HpaRuns hpa, std::uint64_t seed)
    : world_(world),
      hpa_runs_(std::move(hpa)),
      hpa_{hpa_runs_.plain.scores, hpa_runs_.stressed.scores, 0},
      seed_(seed) {}

// A Latin hypercube: of every knob each generation has as many values as fit, evenly.
void Tuner::Sample(Random& random, std::vector<Point>& points) {
  const auto& knobs = world_.space.knobs();
  std::vector<Point> sample(kGeneration, Point(knobs.size()));
  for (std::size_t knob = 0; knob < knobs.size(); ++knob) {
    std::vector<std::size_t> strata(kGeneration);
    std::iota(strata.begin(), strata.end(), 0U);
    for (std::size_t i = kGeneration; i > 1; --i)
      std::swap(strata[i - 1], strata[Pick(random, i)]);
    for (std::size_t i = 0; i < kGeneration; ++i) {
      const double share = (static_cast<double>(strata[i]) + random.Uniform()) / kGeneration;
      const auto choices = static_cast<double>(knobs[knob].choices.size() - knobs[knob].least);
      sample[i][knob] =
          knobs[knob].least + static_cast<std::uint32_t>(std::min(share * choices, choices - 1));
    }
  }
  for (Point& point : sample) {
    if (known_.emplace(point, 0).second) points.push_back(std::move(point));
  }
}

const Point& Tuner::Parent(Random& random, const std::vector<std::size_t>& best) const {
  constexpr double kOfBest = 0.75;
  const bool of_best = random.Chance(kOfBest);
  const std::vector<std::size_t>& pool = of_best ? best : front_;
  // The nearer to the top the likelier.
  const double place = of_best ? random.Uniform() * random.Uniform() : random.Uniform();
  const auto index = static_cast<std::size_t>(place * static_cast<double>(pool.size()));
  return tried_[pool[std::min(index, pool.size() - 1)]].point;
}

Point Tuner::Child(Random& random, const Point& mother, const Point& father) const {
  const auto& knobs = world_.space.knobs();
  const double moves = std::max(1.5 / static_cast<double>(knobs.size()), 0.15);
  Point child(knobs.size());
  for (std::size_t i = 0; i < child.size(); ++i) {
    child[i] = random.Chance(0.5) ? mother[i] : father[i];
    if (random.Chance(moves)) child[i] = Moved(child[i], knobs[i], random);
  }
  return child;
}

std::vector<Point> Tuner::Draw() {
  constexpr std::size_t kBest = 16;
  constexpr std::size_t kAttempts = 50;
  constexpr double kCrosses = 0.4;
  Random random = Random(seed_).Fork(++generation_);
  std::vector<Point> points;
  if (tried_.size() >= kMostTried) return points;
  if (generation_ > 1 && generation_ <= kSampled + 1) {
    Sample(random, points);
    return points;
  }
  // The first generation are the neighbours of what is usual.
  const std::vector<std::size_t> best = Best(kBest);
  const Point usual = world_.space.Usual();
  if (best.empty() && known_.emplace(usual, 0).second) points.push_back(usual);
  // To look sooner often helps and seldom harms, so half of them begin with that.
  Point soon = usual;
  soon.front() = world_.space.knobs().front().least;
  for (std::size_t i = 0; i < kGeneration * kAttempts && points.size() < kGeneration; ++i) {
    const Point& start = random.Chance(0.5) ? soon : usual;
    const Point& mother = best.empty() ? start : Parent(random, best);
    const bool crosses = !best.empty() && random.Chance(kCrosses);
    Point child = Child(random, mother, crosses ? Parent(random, best) : mother);
    if (known_.emplace(child, 0).second) points.push_back(std::move(child));
  }
  return points;
}

std::vector<ScorePair> Tuner::Try(const std::vector<Point>& points,
                                  const std::stop_token& stop) const {
  std::vector<ScorePair> scores(points.size());
  std::atomic<std::size_t> done = 0;
  world_.executor.ForEachChunk(points.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end && !stop.stop_requested(); ++i) {
      scores[i] = TryOne(points[i]);
      ++done;
    }
  });
  if (done != points.size()) return {};
  return scores;
}

void Tuner::Learn(const std::vector<Point>& points, const std::vector<ScorePair>& scores) {
  HPAPLUS_CHECK(points.size() == scores.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::size_t index = tried_.size();
    known_[points[i]] = index;
    tried_.push_back({points[i], scores[i], world_.objective.Judge(scores[i], hpa_)});
    AddToFront(index);
  }
}

void Tuner::AddToFront(std::size_t index) {
  const Scores& scores = tried_[index].scores.plain;
  for (const std::size_t other : front_) {
    if (Dominates(tried_[other].scores.plain, scores)) return;
  }
  std::erase_if(front_,
                [&](std::size_t other) { return Dominates(scores, tried_[other].scores.plain); });
  front_.push_back(index);
}

const Tried* Tuner::best() const {
  const auto less = [](const Standing& a, const Standing& b) { return a < b; };
  const auto found = std::ranges::min_element(tried_, less, &Tried::standing);
  return found == tried_.end() ? nullptr : &*found;
}

std::vector<std::size_t> Tuner::Best(std::size_t most) const {
  std::vector<std::size_t> indexes(tried_.size());
  std::iota(indexes.begin(), indexes.end(), 0U);
  const auto middle = indexes.begin() + static_cast<std::ptrdiff_t>(std::min(most, indexes.size()));
  std::partial_sort(indexes.begin(), middle, indexes.end(), [this](std::size_t a, std::size_t b) {
    if (tried_[a].standing < tried_[b].standing) return true;
    return !(tried_[b].standing < tried_[a].standing) && a < b;
  });
  indexes.erase(middle, indexes.end());
  return indexes;
}

std::vector<std::size_t> Tuner::Front() const {
  std::vector<std::size_t> front = front_;
  std::ranges::sort(front, {}, [this](std::size_t index) {
    return std::pair(tried_[index].scores.plain.replica_hours, index);
  });
  return front;
}

Tried Tuner::Plainer(Tried best) const {
  constexpr double kAsWell = 0.003;
  const Standing least = best.standing;
  const auto& knobs = world_.space.knobs();
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    if (!knobs[i].optional || knobs[i].usual == best.point[i]) continue;
    Point point = best.point;
    point[i] = knobs[i].usual;
    Tried other = TryAndJudge(std::move(point));
    const Standing& is = other.standing;
    const bool as_well = is.excess <= least.excess && is.tight <= least.tight + kAsSure &&
                         is.worse <= least.worse &&
                         is.goal <= least.goal + kAsWell * std::abs(least.goal);
    if (as_well) best = std::move(other);
  }
  return best;
}

Tried Tuner::TryAndJudge(Point point) const {
  const ScorePair scores = TryOne(point);
  return {std::move(point), scores, world_.objective.Judge(scores, hpa_)};
}

Tried Tuner::Quicker(Tried best) const {
  constexpr double kClearly = 0.01;
  constexpr double kGoal = 0.02;
  while (best.point.front() > 0) {
    Point point = best.point;
    --point.front();
    Tried quicker = TryAndJudge(std::move(point));
    const Standing& is = quicker.standing;
    const Standing& was = best.standing;
    const bool worse =
        is.excess > was.excess || is.worse > was.worse || is.tight > was.tight + kAsSure;
    const bool clearly =
        is.tight < was.tight - kClearly || is.goal < was.goal - kGoal * std::abs(was.goal);
    if (worse || !clearly) break;
    best = std::move(quicker);
  }
  return best;
}

ScorePair Tuner::TryOne(const Point& point) const {
  constexpr double kOverLimits = 1;
  constexpr double kWorse = 0.5;
  const Result<WorkloadSpec> spec = world_.space.Spec(world_.space.Settings(point));
  HPAPLUS_CHECK(spec);
  const DirectScores plain = RunDirect(*spec, world_.plain, world_.policies, world_.start);
  const bool far_off = world_.objective.Excess(plain.scores, hpa_.plain) > kOverLimits ||
                       WorseBy(plain.scores, hpa_.plain) > kWorse;
  if (far_off) return {plain.scores, plain.scores, 0};
  const DirectScores stressed = RunDirect(*spec, world_.stressed, world_.policies, world_.start);
  ScorePair scores{plain.scores, stressed.scores, 0};
  scores.chance = ChanceOf(plain, hpa_runs_.plain) + ChanceOf(stressed, hpa_runs_.stressed);
  if (world_.ramped == nullptr) {
    scores.chance /= 2;
    return scores;
  }
  // What is worse already comes after what is not, whatever its chance.
  if (world_.objective.Judge(scores, hpa_).worse <= 0) {
    const DirectScores ramped = RunDirect(*spec, *world_.ramped, world_.policies, world_.start);
    scores.chance += ChanceOf(ramped, hpa_runs_.ramped);
  }
  scores.chance /= 3;
  return scores;
}

double Tuner::ChanceOf(const DirectScores& run, const DirectScores& hpa) const {
  return ChanceToBeat(run.blocks, hpa.blocks,
                      world_.ahead * static_cast<double>(hpa.blocks.size()));
}

}  // namespace hpaplus::rehearse
