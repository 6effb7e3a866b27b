#include "engine/rehearse/trace.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "engine/base/check.h"
#include "engine/rehearse/text_lines.h"

namespace hpaplus::rehearse {
namespace {

constexpr std::string_view kHeader = "t_seconds,value";

std::optional<double> Number(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

Result<Trace::Point> ReadPoint(std::string_view line, std::size_t number) {
  const std::size_t comma = line.find(',');
  if (comma == std::string_view::npos) return AtLine(number, "has no comma");
  const auto seconds = Number(WithoutBlanks(line.substr(0, comma)));
  const auto value = Number(WithoutBlanks(line.substr(comma + 1)));
  if (!seconds) return AtLine(number, "the time is not a finite number");
  if (!value) return AtLine(number, "the value is not a finite number");
  if (*value < 0) return AtLine(number, "the value is negative");
  return Trace::Point{*seconds, *value};
}

double MostFrequentStep(const std::vector<Trace::Point>& points) {
  std::map<double, std::size_t> steps;
  for (std::size_t i = 1; i < points.size(); ++i)
    ++steps[points[i].seconds - points[i - 1].seconds];
  const auto most =
      std::ranges::max_element(steps, {}, [](const auto& entry) { return entry.second; });
  return most == steps.end() ? 0 : most->first;
}

}  // namespace

Result<Trace> Trace::FromCsv(std::string_view text) {
  std::size_t number = 1;
  if (TakeLine(text) != kHeader) {
    return AtLine(number, fmt::format("the header is not \"{}\"", kHeader));
  }
  Trace trace;
  std::vector<Point>& points = trace.points_;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    ++number;
    if (line.empty()) continue;
    const Result<Point> point = ReadPoint(line, number);
    if (!point) return point.error();
    if (!points.empty() && point->seconds <= points.back().seconds) {
      return AtLine(number, "the time is not later than the one before");
    }
    if (!points.empty() && point->seconds - points.front().seconds > kMaxSeconds) {
      return AtLine(number, "the time is more than ten years after the first one");
    }
    if (points.size() == kMaxPoints) {
      return AtLine(number, fmt::format("more than {} points", kMaxPoints));
    }
    points.push_back(*point);
    trace.peak_ = std::max(trace.peak_, point->value);
  }
  if (points.size() < 2) {
    return Error{ErrorCode::kMalformedData, "a trace needs two points at least"};
  }
  const double start = points.front().seconds;
  for (Point& point : points)
    point.seconds -= start;
  trace.seconds_ = points.back().seconds + MostFrequentStep(points);
  return trace;
}

Trace Trace::Slice(double from, double until) const {
  Trace slice;
  slice.seconds_ = std::min(until, seconds_) - from;
  for (const Point& point : points_) {
    if (point.seconds >= until) break;
    if (point.seconds <= from) slice.points_.clear();
    slice.points_.push_back({std::max(point.seconds - from, 0.0), point.value});
  }
  for (const Point& point : slice.points_)
    slice.peak_ = std::max(slice.peak_, point.value);
  return slice;
}

Trace Trace::WithPoints(std::vector<Point> points) const {
  HPAPLUS_CHECK(!points.empty() && points.front().seconds == 0);
  Trace other;
  other.seconds_ = seconds_;
  other.points_ = std::move(points);
  for (const Point& point : other.points_)
    other.peak_ = std::max(other.peak_, point.value);
  return other;
}

double TraceReader::At(double seconds) {
  const std::vector<Trace::Point>& points = trace_.points();
  while (index_ + 1 < points.size() && points[index_ + 1].seconds <= seconds)
    ++index_;
  const Trace::Point& before = points[index_];
  if (between_ == Between::kHold || index_ + 1 == points.size()) return before.value;
  const Trace::Point& after = points[index_ + 1];
  const double share = (seconds - before.seconds) / (after.seconds - before.seconds);
  return before.value + share * (after.value - before.value);
}

}  // namespace hpaplus::rehearse
