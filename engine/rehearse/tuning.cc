#include "engine/rehearse/tuning.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kDay = 86'400;
constexpr double kAside = 0.3;  // Of the trace.

RunOptions OptionsFor(const Trace& trace, RunOptions options, const WorkloadSpec& spec) {
  if (options.plant.initial == 0) {
    const Replicas needed = Plant(options.plant).Needed(trace.points().front().value);
    options.plant.initial = std::clamp(needed, std::max(spec.min_replicas, 1), spec.max_replicas);
  }
  return options;
}

// Every point a little higher or lower and a little later, the same for every policy: when a demand
// comes must not agree with when somebody looks.
Trace Noisy(const Trace& trace, std::uint64_t seed) {
  constexpr double kMost = 0.03;
  constexpr double kLatest = 15;
  constexpr double kOfStep = 0.9;
  Random random(seed ^ 0x6E6F697365ULL);
  std::vector<Trace::Point> points = trace.points();
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double next = i + 1 < points.size() ? trace.points()[i + 1].seconds : trace.seconds();
    const double most = std::min(kLatest, kOfStep * (next - points[i].seconds));
    points[i].value *= 1 - kMost + 2 * kMost * random.Uniform();
    const double later = most * random.Uniform();
    if (i > 0) points[i].seconds += later;
  }
  return trace.WithPoints(std::move(points));
}

// A tenth better in one of cost and under, and no worse in the other.
bool IsBetter(const Scores& scores, const Scores& hpa) {
  constexpr double kTenth = 0.9;
  const double cost = scores.replica_hours;
  const double under = scores.under_provisioned_time_share;
  const bool no_worse = cost <= hpa.replica_hours && under <= hpa.under_provisioned_time_share;
  const bool less_short =
      hpa.under_provisioned_time_share > 0 && under <= kTenth * hpa.under_provisioned_time_share;
  return no_worse && (cost <= kTenth * hpa.replica_hours || less_short);
}

}  // namespace

Split SplitOf(double seconds) {
  constexpr double kParts = 10;
  constexpr double kDaysLeast = 3;
  constexpr double kSearchDaysMost = 14;
  const double days = std::floor(seconds / kDay);
  const double part = days >= kDaysLeast ? kDay : seconds / kParts;
  const double parts = std::floor(seconds / part + 1e-9);
  const double aside = std::max(std::round(parts * kAside), 1.0);
  const double until = (parts - aside) * part;
  return {std::max(until - kSearchDaysMost * kDay, 0.0), until, seconds};
}

Tuning::Tuning(const World& world, const TuneOptions& options)
    : world_(world),
      options_(options),
      split_(SplitOf(world.trace.seconds())),
      search_(Part(split_.search_from, split_.search_until)),
      stressed_(Stressed()),
      ramped_(Ramped()),
      aside_(Part(split_.search_until, split_.seconds)) {}

Situation Tuning::Part(double from, double until) const {
  Trace part = world_.trace.Slice(from, until);
  const RunOptions run = OptionsFor(part, options_.run, world_.spec);
  return {std::move(part), run};
}

// What nobody knows exactly beforehand: how long a start takes, what a replica can do, how late it
// is measured, what comes.
Situation Tuning::Stressed() const {
  constexpr int kStartupPercent = 150;
  constexpr double kCapacity = 0.95;
  RunOptions run = search_.options();
  run.plant.startup = run.plant.startup * kStartupPercent / 100;
  run.plant.capacity_per_replica *= kCapacity;
  run.scrape = std::max<Duration>(run.scrape, std::chrono::seconds(5));
  return {Noisy(search_.trace(), options_.seed), run};
}

// Between two points a demand may as well have grown little by little.
std::optional<Situation> Tuning::Ramped() const {
  constexpr double kApart = 5;     // Seconds between points of which it matters.
  constexpr double kLongest = 15;  // A step on the line.
  constexpr double kOfPoints = 4;
  const Trace& trace = search_.trace();
  const double apart = trace.seconds() / static_cast<double>(trace.points().size());
  if (search_.options().between == Between::kLinear || apart < kApart) return std::nullopt;
  const double step = std::min(kLongest, apart / kOfPoints);
  const auto steps = static_cast<std::size_t>(trace.seconds() / step);
  TraceReader line(trace, Between::kLinear);
  std::vector<Trace::Point> points;
  points.reserve(steps);
  for (std::size_t i = 0; i < steps; ++i) {
    const double seconds = static_cast<double>(i) * step;
    points.push_back({seconds, line.At(seconds)});
  }
  return Situation(trace.WithPoints(std::move(points)), search_.options());
}

// Schedules go by it.
Timestamp Tuning::At(double seconds) const {
  return options_.start +
         std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

DirectScores Tuning::Direct(const WorkloadSpec& spec, const Situation& situation) const {
  return RunDirect(spec, situation, world_.policies, At(split_.search_from));
}

void Tuning::RunAside(const WorkloadSpec& spec, TunedPolicy& policy) const {
  policy.aside = RunEngine(policy.name, spec, aside_.trace(), aside_.options(), world_.policies,
                           At(split_.search_until));
}

bool Tuning::IsOver(const Tuner& tuner, double seconds, double last) const {
  if (options_.candidates > 0) return tuner.tried().size() >= options_.candidates;
  return seconds + last / 2 >= ToSeconds(options_.budget);
}

void Tuning::Search(Tuner& tuner, const std::stop_token& stop, TuneResult& result) const {
  const Timestamp begin = world_.clock.Now();
  double seconds = 0;
  double last = 0;
  for (std::size_t generation = 0; !IsOver(tuner, seconds, last); ++generation) {
    std::vector<SearchSpace::Point> points = tuner.Draw();
    if (points.empty()) break;
    const std::vector<ScorePair>* const kept =
        world_.state != nullptr ? world_.state->Find(generation, points.size()) : nullptr;
    if (kept != nullptr) {
      result.resumed += points.size();
      tuner.Learn(points, std::vector<ScorePair>(*kept));
      continue;
    }
    const double before = ToSeconds(world_.clock.Now() - begin);
    const std::vector<ScorePair> scores = tuner.Try(points, stop);
    seconds = ToSeconds(world_.clock.Now() - begin);
    last = seconds - before;
    result.interrupted = stop.stop_requested();
    if (scores.empty()) break;
    tuner.Learn(points, scores);
    if (world_.state != nullptr) {
      const Status kept_too = world_.state->Add(scores);
      if (!kept_too) result.state_problem = kept_too.error().message;
    }
    if (world_.progress) {
      world_.progress({tuner.tried().size(), options_.candidates, seconds,
                       ToSeconds(options_.budget), tuner.best()});
    }
    if (result.interrupted) break;
  }
  result.search_wall_seconds = ToSeconds(world_.clock.Now() - begin);
}

Result<TuneResult> Tuning::Run(const std::stop_token& stop) {
  TuneResult result;
  result.split = split_;
  result.aside = aside_;
  const WorkloadSpec hpa = HpaDefault(world_.spec);
  if (hpa.metrics.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "tune: the object has no metric that an HPA could have, to be compared with"};
  }
  HpaRuns hpa_runs{Direct(hpa, search_), Direct(hpa, stressed_), {}};
  if (ramped_) hpa_runs.ramped = Direct(hpa, *ramped_);
  result.hpa = {"hpa-default", {}, {hpa_runs.plain.scores, hpa_runs.stressed.scores}, {}};
  result.current = {"current",
                    {},
                    {Direct(world_.spec, search_).scores, Direct(world_.spec, stressed_).scores},
                    {}};
  RunAside(hpa, result.hpa);
  RunAside(world_.spec, result.current);
  const double ahead =
      (split_.seconds - split_.search_until) / (split_.search_until - split_.search_from);
  Tuner tuner({world_.space, search_, stressed_, ramped_ ? &*ramped_ : nullptr, world_.policies,
               options_.objective, world_.executor, At(split_.search_from), ahead},
              std::move(hpa_runs), options_.seed);
  Search(tuner, stop, result);
  Choose(tuner, result);
  for (const std::size_t index : tuner.Front())
    result.front.push_back(tuner.tried()[index]);
  result.tried = tuner.tried();
  return result;
}

void Tuning::Choose(const Tuner& tuner, TuneResult& result) const {
  if (tuner.tried().empty()) return;
  const Tried best = tuner.Plainer(tuner.Quicker(tuner.Plainer(*tuner.best())));
  TunedPolicy chosen;
  chosen.name = "tuned";
  chosen.settings = world_.space.Settings(best.point);
  chosen.search = best.scores;
  const auto spec = world_.space.Spec(chosen.settings);
  HPAPLUS_CHECK(spec);
  RunAside(*spec, chosen);
  result.meets = best.standing.excess <= 0;
  result.better = IsBetter(chosen.aside.scores, result.hpa.aside.scores);
  result.chosen = std::move(chosen);
  Vary(tuner, best.point, result);
}

void Tuning::Vary(const Tuner& tuner, const SearchSpace::Point& point, TuneResult& result) const {
  constexpr double kStep = 0.1;  // Of a knob's choices.
  const auto& knobs = world_.space.knobs();
  std::vector<SearchSpace::Point> points;
  std::vector<std::optional<Sensitivity::Side>*> sides;
  result.sensitivity.resize(knobs.size());
  for (std::size_t i = 0; i < knobs.size(); ++i) {
    const auto choices = static_cast<std::int64_t>(knobs[i].choices.size());
    const auto step = std::max<std::int64_t>(std::llround(kStep * static_cast<double>(choices)), 1);
    Sensitivity& one = result.sensitivity[i];
    one.name = knobs[i].name;
    one.chosen = knobs[i].choices[point[i]];
    for (const std::int64_t to : {point[i] - step, point[i] + step}) {
      const std::int64_t moved = std::clamp<std::int64_t>(to, 0, choices - 1);
      if (moved == point[i]) continue;
      auto& side = moved < point[i] ? one.lower : one.higher;
      side.emplace().choice = knobs[i].choices[static_cast<std::size_t>(moved)];
      points.push_back(point);
      points.back()[i] = static_cast<std::uint32_t>(moved);
      sides.push_back(&side);
    }
  }
  world_.executor.ForEachChunk(points.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i)
      (*sides[i])->scores = tuner.TryOne(points[i]).plain;
  });
}

}  // namespace hpaplus::rehearse
