#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/rehearse/scores.h"

namespace hpaplus::rehearse {

/// What one looks at in a run.
enum class Figure {
  kCost,       // Replica-hours.
  kUnder,      // Share of the time with fewer replicas than needed.
  kChanges,    // Of the size.
  kReversals,  // Changes back.
  kBalance,    // Cost and under together, each as a share of hpa-default's.
};

/// "cost": what stands in a goal and before a limit.
[[nodiscard]] std::string_view FigureName(Figure figure);

/// One thing that must not be exceeded.
struct Limit {
  enum class Unit { kPlain, kPerDay, kOfHpa };

  Figure figure = Figure::kUnder;
  double most = 0;
  Unit unit = Unit::kPlain;  // kOfHpa: so many times what hpa-default has.
  bool operator==(const Limit&) const = default;
};

/// How a policy stands, beside hpa-default in the same situations. Compared field by field.
struct Standing {
  double excess = 0;  // Over the limits, as a share of each; 0: all are kept.
  double worse = 0;   // Than hpa-default in cost and under, as a share, under stress too.
  double tight = 0;   // What is missing of a margin, for days that are unlike.
  double goal = 0;    // The less the better.
  auto operator<=>(const Standing&) const = default;
};

/// A policy's scores in a situation as it is, and in the same under stress.
struct ScorePair {
  Scores plain;
  Scores stressed;
  double chance = 0;  // To be better than hpa-default on other days, of both the mean.
  bool operator==(const ScorePair&) const = default;
};

/// What the best policy is: "cost subject to under<0.1%,changes<200/day".
///
///     objective = goal [ "subject to" limit { "," limit } ]
///     goal      = "cost" | "under" | "changes" | "reversals" | "balance"
///     limit     = figure ( "<" | "<=" ) number [ "%" | "/day" | "min/day" | "hpa" ]
struct Objective {
  static constexpr std::string_view kDefault = "balance";

  std::string text;  // As it was given.
  Figure goal = Figure::kBalance;
  std::vector<Limit> limits;  // At most one per figure.

  /// kMalformedData says what was expected.
  [[nodiscard]] static Result<Objective> Parse(std::string_view text);

  [[nodiscard]] Standing Judge(const ScorePair& scores, const ScorePair& hpa) const;
  /// How far the scores are over the limits, as a share of each.
  [[nodiscard]] double Excess(const Scores& scores, const Scores& hpa, double margin = 1) const;
};

/// How much worse the scores are than hpa-default's in cost and under, as shares of these.
[[nodiscard]] double WorseBy(const Scores& scores, const Scores& hpa);

}  // namespace hpaplus::rehearse
