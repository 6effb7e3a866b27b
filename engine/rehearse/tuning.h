#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/clock.h"
#include "engine/rehearse/simulate.h"
#include "engine/rehearse/tune_state.h"
#include "engine/rehearse/tuner.h"

namespace hpaplus::rehearse {

/// How a trace is divided: the first part is searched on, the last one is kept aside.
struct Split {
  double search_from = 0;
  double search_until = 0;  // There begins what is kept aside.
  double seconds = 0;
};

/// Whole days where there are three at least, of which three of ten, one at least, are kept aside;
/// otherwise tenths of the trace, of which three are. At most the two weeks before are searched on.
[[nodiscard]] Split SplitOf(double seconds);

struct TuneOptions {
  RunOptions run;
  Objective objective;
  Timestamp start{};  // Of the trace.
  std::uint64_t seed = 0;
  Duration budget{};           // Zero: `candidates` alone count.
  std::size_t candidates = 0;  // Zero: the budget alone counts.
};

/// What is told while it lasts.
struct TuneProgress {
  std::size_t tried = 0;
  std::size_t candidates = 0;  // Zero: time counts.
  double seconds = 0;
  double seconds_most = 0;  // Zero: candidates count.
  const Tried* best = nullptr;
};

/// A policy on both parts of a trace.
struct TunedPolicy {
  std::string name;
  std::vector<Setting> settings;  // Empty: of hpa-default and of the object as it is.
  ScorePair search;
  PolicyRun aside;  // By the engine in its world.
};

/// What a knob does to the chosen policy when it alone is moved down and up.
struct Sensitivity {
  struct Side {
    std::string choice;
    Scores scores;
  };
  std::string name;
  std::string chosen;
  std::optional<Side> lower;
  std::optional<Side> higher;
};

struct TuneResult {
  Split split;
  TunedPolicy hpa;
  TunedPolicy current;
  std::optional<Situation> aside;     // The part kept aside.
  std::optional<TunedPolicy> chosen;  // Null: stopped before anything was tried.
  bool meets = false;                 // The objective, on the first part.
  bool better = false;                // Than hpa-default on the part kept aside; see docs/tune.md.
  std::vector<Tried> front;           // The cheapest first.
  std::vector<Tried> tried;
  std::vector<Sensitivity> sensitivity;
  std::size_t resumed = 0;         // Of `tried`: came from the state.
  double search_wall_seconds = 0;  // For what was tried here.
  bool interrupted = false;
  std::string state_problem;  // Not empty: what was found since is not in the state.
};

/// Searches, takes the best under stress too, and shows what it is worth on the days kept aside.
class Tuning {
 public:
  struct World {
    const WorkloadSpec& spec;
    const SearchSpace& space;
    const Trace& trace;
    const PolicyFactory& policies;
    Executor& executor;
    Clock& clock;
    TuneState* state = nullptr;  // Null: nothing is kept.
    std::function<void(const TuneProgress&)> progress;
  };

  Tuning(const World& world, const TuneOptions& options);

  /// kInvalidArgument: the object has no metric that an HPA could have.
  [[nodiscard]] Result<TuneResult> Run(const std::stop_token& stop);

 private:
  [[nodiscard]] Situation Part(double from, double until) const;
  [[nodiscard]] Situation Stressed() const;
  [[nodiscard]] std::optional<Situation> Ramped() const;
  [[nodiscard]] DirectScores Direct(const WorkloadSpec& spec, const Situation& situation) const;
  void Search(Tuner& tuner, const std::stop_token& stop, TuneResult& result) const;
  [[nodiscard]] bool IsOver(const Tuner& tuner, double seconds, double last) const;
  void Choose(const Tuner& tuner, TuneResult& result) const;
  void Vary(const Tuner& tuner, const SearchSpace::Point& point, TuneResult& result) const;
  void RunAside(const WorkloadSpec& spec, TunedPolicy& policy) const;
  [[nodiscard]] Timestamp At(double seconds) const;

  const World world_;
  const TuneOptions options_;
  const Split split_;
  const Situation search_;
  const Situation stressed_;
  const std::optional<Situation> ramped_;
  const Situation aside_;
};

}  // namespace hpaplus::rehearse
