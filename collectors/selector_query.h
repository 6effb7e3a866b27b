#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"
#include "engine/model/timed_value.h"

namespace re2 {
class RE2;
}

namespace hpaplus::collectors {

/// One label of a series. The metric's name is the label "__name__".
struct SeriesLabel {
  std::string_view name;
  std::string_view value;
};

/// One condition of a selector. A label that is not there has the empty value.
class LabelMatcher {
 public:
  enum class Kind { kEqual, kNotEqual, kMatches, kMatchesNot };

  /// kInvalidArgument for an expression that RE2 does not take, or that is too long or too costly.
  static Result<LabelMatcher> Create(std::string label, Kind kind, std::string value);

  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] const std::string& value() const { return value_; }

  /// Expressions are anchored at both ends. Thread-safe; linear in the value's length.
  [[nodiscard]] bool Matches(std::string_view value) const;

 private:
  LabelMatcher(std::string label, Kind kind, std::string value);

  std::string label_;
  Kind kind_ = Kind::kEqual;
  std::string value_;
  std::shared_ptr<const re2::RE2> expression_;  // Of kMatches and kMatchesNot.
};

enum class Aggregation { kNone, kSum, kAverage, kMax, kMin, kCount, kQuantile };

/// The query language of the collectors that hold series themselves: a part of PromQL, which means
/// the same there.
///
///     query     = rate | name "(" rate ")" | "quantile" "(" number "," rate ")"
///     rate      = selector | "rate" "(" selector "[" duration "]" ")"
///     selector  = metric [ "{" matchers "}" ] | "{" matchers "}"
///     name      = "sum" | "avg" | "max" | "min" | "count"
///     matchers  = [ label ("=" | "!=" | "=~" | "!~") string { "," ... } [ "," ] ]
struct SelectorQuery {
  std::string metric;                  // Empty when no name is given that must be equal.
  std::vector<LabelMatcher> matchers;  // All must match; without the one that became `metric`.
  std::optional<Duration> rate_range;  // Positive.
  Aggregation aggregation = Aggregation::kNone;
  double quantile = 0;  // Of kQuantile; in [0, 1].

  /// Whether a series is one of those that are asked for. Labels in any order.
  [[nodiscard]] bool Selects(std::span<const SeriesLabel> labels) const;
};

/// kInvalidArgument, with the place, for everything that is not the language above, and for a
/// selector that would match a series whatever its labels.
[[nodiscard]] Result<SelectorQuery> ParseSelectorQuery(std::string_view text);

/// What a query makes of the numbers of the series that it selects: all of them without an
/// aggregation, otherwise one that is as old as the oldest of them, or none of none. NaN is passed
/// on by all but kCount.
[[nodiscard]] std::vector<ScalarSample> Aggregate(const SelectorQuery& query,
                                                  std::vector<ScalarSample> series);

/// The rate of a counter per second over those of its samples, which are ordered by time, that are
/// younger than now - range. A value below the one before it is a counter that started again at
/// zero. Nothing from fewer than two samples: the first one says only where the counter stands. The
/// rate is as old as the last sample.
[[nodiscard]] std::optional<ScalarSample> RateOf(std::span<const TimedValue> samples,
                                                 Duration range, Timestamp now);

}  // namespace hpaplus::collectors
