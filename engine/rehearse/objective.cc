#include "engine/rehearse/objective.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

namespace hpaplus::rehearse {
namespace {

constexpr double kDay = 86'400;
constexpr double kPercent = 100;
constexpr double kMinutesPerDay = 1440;
// Below a tenth of a percent of the time nobody can tell two policies apart.
constexpr double kUnderFloor = 0.001;

constexpr std::array<std::pair<Figure, std::string_view>, 5> kFigures{
    {{Figure::kCost, "cost"},
     {Figure::kUnder, "under"},
     {Figure::kChanges, "changes"},
     {Figure::kReversals, "reversals"},
     {Figure::kBalance, "balance"}}};

Error Unclear(std::string_view what) {
  return {ErrorCode::kMalformedData,
          fmt::format("objective: {}; an example is \"cost subject to under<0.1%,changes<200/day\"",
                      what)};
}

std::string_view Trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<Figure> FigureOf(std::string_view name) {
  const auto found =
      std::ranges::find(kFigures, name, [](const auto& entry) { return entry.second; });
  if (found == kFigures.end()) return std::nullopt;
  return found->first;
}

// The number's unit; false: the figure has no such one.
bool TakeUnit(std::string_view unit, Limit& limit) {
  if (unit == "hpa") {
    limit.unit = Limit::Unit::kOfHpa;
    return true;
  }
  if (limit.figure == Figure::kUnder) {
    if (unit == "%") limit.most /= kPercent;
    if (unit == "min/day") limit.most /= kMinutesPerDay;
    return unit.empty() || unit == "%" || unit == "min/day";
  }
  if (unit == "/day") limit.unit = Limit::Unit::kPerDay;
  return unit.empty() || unit == "/day";
}

Result<Limit> ReadLimit(std::string_view text) {
  const std::size_t less = text.find('<');
  if (less == std::string_view::npos) return Unclear("a limit has no \"<\"");
  const auto figure = FigureOf(Trimmed(text.substr(0, less)));
  if (!figure || *figure == Figure::kBalance) {
    return Unclear("a limit is on cost, under, changes or reversals");
  }
  std::string_view rest = text.substr(less + 1);
  if (rest.starts_with('=')) rest.remove_prefix(1);
  rest = Trimmed(rest);
  Limit limit;
  limit.figure = *figure;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), limit.most);
  const bool number = error == std::errc() && std::isfinite(limit.most) && limit.most >= 0;
  if (!number) return Unclear("a limit has no number that is 0 or more");
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!TakeUnit(Trimmed(rest), limit)) {
    return Unclear(
        "the unit of a limit is \"hpa\", for under also \"%\" or \"min/day\", for the "
        "others also \"/day\"");
  }
  return limit;
}

double ValueOf(Figure figure, const Scores& scores) {
  switch (figure) {
    case Figure::kCost:
      return scores.replica_hours;
    case Figure::kUnder:
      return scores.under_provisioned_time_share;
    case Figure::kChanges:
      return static_cast<double>(scores.changes);
    case Figure::kReversals:
      return static_cast<double>(scores.reversals);
    case Figure::kBalance:
      return 0;
  }
  return 0;
}

double Share(double value, double whole) {
  if (whole > 0) return value / whole;
  return value > 0 ? 1 + value : 1;
}

// The smaller of two gains, each beside what is a good one: so neither is bought with the other.
double Balance(const Scores& scores, const Scores& hpa) {
  constexpr double kGoodCost = 0.1;
  constexpr double kGoodUnder = 0.5;
  constexpr double kOther = 0.05;  // What the larger one still counts.
  const double cost = (1 - Share(scores.replica_hours, hpa.replica_hours)) / kGoodCost;
  const double its = hpa.under_provisioned_time_share;
  if (its < kUnderFloor / 10) return -cost;
  const double under = (1 - scores.under_provisioned_time_share / its) / kGoodUnder;
  return -std::min(cost, under) - kOther * std::max(cost, under);
}

double MostOf(const Limit& limit, const Scores& scores, const Scores& hpa) {
  switch (limit.unit) {
    case Limit::Unit::kPlain:
      return limit.most;
    case Limit::Unit::kPerDay:
      return limit.most * scores.seconds / kDay;
    case Limit::Unit::kOfHpa:
      return limit.most * ValueOf(limit.figure, hpa);
  }
  return limit.most;
}

// How far a figure is above the most, as a share of it. Of nothing allowed, everything is too much.
double OverMost(Figure figure, double value, double most) {
  if (value <= most) return 0;
  const double least = figure == Figure::kUnder ? kUnderFloor / 10 : 1e-9;
  return (value - most) / std::max(most, least);
}

double WorseInBoth(const ScorePair& scores, const ScorePair& hpa) {
  return WorseBy(scores.plain, hpa.plain) + WorseBy(scores.stressed, hpa.stressed);
}

double Goal(Figure goal, const Scores& scores, const Scores& hpa) {
  return goal == Figure::kBalance ? Balance(scores, hpa) : ValueOf(goal, scores);
}

}  // namespace

std::string_view FigureName(Figure figure) {
  return std::ranges::find(kFigures, figure, [](const auto& entry) { return entry.first; })->second;
}

Result<Objective> Objective::Parse(std::string_view text) {
  constexpr std::string_view kSubject = "subject to";
  constexpr std::size_t kTextMost = 1000;
  if (text.size() > kTextMost) return Unclear("it is too long");
  Objective objective;
  objective.text = std::string(Trimmed(text));
  const std::size_t subject = text.find(kSubject);
  const auto goal = FigureOf(Trimmed(text.substr(0, subject)));
  if (!goal) return Unclear("the goal is not cost, under, changes, reversals or balance");
  objective.goal = *goal;
  if (subject == std::string_view::npos) return objective;
  std::string_view rest = text.substr(subject + kSubject.size());
  while (true) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const Result<Limit> limit = ReadLimit(Trimmed(rest.substr(0, comma)));
    if (!limit) return limit.error();
    const bool twice = std::ranges::count(objective.limits, limit->figure, &Limit::figure) > 0;
    if (twice) return Unclear("two limits are on the same figure");
    objective.limits.push_back(*limit);
    if (comma == rest.size()) return objective;
    rest.remove_prefix(comma + 1);
  }
}

double WorseBy(const Scores& scores, const Scores& hpa) {
  return OverMost(Figure::kCost, scores.replica_hours, hpa.replica_hours) +
         OverMost(Figure::kUnder, scores.under_provisioned_time_share,
                  hpa.under_provisioned_time_share);
}

double Objective::Excess(const Scores& scores, const Scores& hpa, double margin) const {
  double excess = 0;
  for (const Limit& limit : limits) {
    const double most = MostOf(limit, scores, hpa);
    const bool absolute = limit.unit != Limit::Unit::kOfHpa && limit.figure != Figure::kCost;
    excess +=
        OverMost(limit.figure, ValueOf(limit.figure, scores), absolute ? most * margin : most);
  }
  return excess;
}

Standing Objective::Judge(const ScorePair& scores, const ScorePair& hpa) const {
  constexpr double kLimitMargin = 0.8;
  constexpr double kSure = 0.99;
  Standing standing;
  standing.excess = Excess(scores.plain, hpa.plain);
  standing.worse = WorseInBoth(scores, hpa);
  standing.tight =
      Excess(scores.plain, hpa.plain, kLimitMargin) + Excess(scores.stressed, hpa.stressed);
  if (goal == Figure::kBalance) standing.tight += std::max(kSure - scores.chance, 0.0);
  standing.goal =
      (Goal(goal, scores.plain, hpa.plain) + Goal(goal, scores.stressed, hpa.stressed)) / 2;
  return standing;
}

}  // namespace hpaplus::rehearse
