#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::rehearse {

/// What the demand is between two points of a trace.
enum class Between {
  kHold,    // That of the point before: makes steps.
  kLinear,  // On the line from one point to the next: hides what is shorter than a step.
};

/// A workload's demand over time, in the unit that the capacity of a replica is given in: requests
/// per second, items, cores. Immutable.
class Trace {
 public:
  struct Point {
    double seconds = 0;
    double value = 0;
  };

  /// A text may have at most that many points.
  static constexpr std::size_t kMaxPoints = 10'000'000;
  /// And span ten years.
  static constexpr double kMaxSeconds = 3660.0 * 86'400;

  /// Reads CSV with the header `t_seconds,value`. Times have to rise strictly and values to be
  /// finite and not negative; kMalformedData names the line that is otherwise. Steps of different
  /// length are taken as they are: a gap is a long step. The trace begins at its first time, and
  /// its last point lasts as long as its most frequent step.
  [[nodiscard]] static Result<Trace> FromCsv(std::string_view text);

  /// The part from `from` until before `until`, which begins at 0 again and with what was held
  /// then. Precondition: 0 <= from < until.
  [[nodiscard]] Trace Slice(double from, double until) const;
  /// As long, with other points. Precondition: the first one's time is 0, times rise and values are
  /// finite and not negative.
  [[nodiscard]] Trace WithPoints(std::vector<Point> points) const;

  [[nodiscard]] const std::vector<Point>& points() const { return points_; }
  /// From the first point on.
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] double peak() const { return peak_; }

 private:
  std::vector<Point> points_;  // Never empty; the first one's time is 0.
  double seconds_ = 0;
  double peak_ = 0;
};

/// Reads a trace forwards.
class TraceReader {
 public:
  TraceReader(const Trace& trace, Between between) : trace_(trace), between_(between) {}

  /// Precondition: `seconds` is not less than in the call before. After the end: the last value.
  [[nodiscard]] double At(double seconds);

 private:
  const Trace& trace_;
  const Between between_;
  std::size_t index_ = 0;
};

}  // namespace hpaplus::rehearse
