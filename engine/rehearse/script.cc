#include "engine/rehearse/script.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "engine/base/random.h"

namespace hpaplus::rehearse {
namespace {

using Kind = ScriptPoint::Kind;

Error Bad(std::string_view element, std::string_view what) {
  return {ErrorCode::kMalformedData, fmt::format("\"{}\" {}", element, what)};
}

// Takes a number off the front.
std::optional<double> TakeNumber(std::string_view& text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

// "x60" at the end; nothing there is 1.
std::optional<std::size_t> TakeCount(std::string_view text) {
  if (text.empty()) return 1;
  if (text.front() != 'x') return std::nullopt;
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + 1, end, count);
  if (error != std::errc() || rest != end || count == 0 || count > kScriptPointsMost) {
    return std::nullopt;
  }
  return count;
}

class ScriptParser {
 public:
  explicit ScriptParser(Duration interval) : interval_(interval) {}

  Status Take(std::string_view element) {
    constexpr std::string_view kOutage = "outage(";
    constexpr std::string_view kLag = "lag(";
    constexpr std::string_view kJitter = "jitter(";
    for (const std::string_view call : {kOutage, kLag, kJitter}) {
      if (!element.starts_with(call)) continue;
      if (!element.ends_with(')')) return Bad(element, "has no )");
      const std::string_view in = element.substr(call.size(), element.size() - call.size() - 1);
      if (call == kJitter) return SetJitter(element, in);
      const auto duration = ParseDuration(in);
      if (!duration) return Bad(element, "wants a duration, like 30s");
      if (call == kOutage) return AddOutage(element, *duration);
      lag_ = *duration;
      return Done{};
    }
    return TakeSteps(element);
  }

  [[nodiscard]] std::vector<ScriptPoint> Points() && { return std::move(points_); }

 private:
  Status TakeSteps(std::string_view element) {
    struct Word {
      std::string_view text;
      Kind kind;
      double value;
    };
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    constexpr Word kWords[] = {{"_", Kind::kNothingNew, 0},
                               {"stale", Kind::kEmpty, 0},
                               {"NaN", Kind::kValue, kNan},
                               {"reset", Kind::kValue, 0}};
    for (const Word& word : kWords) {
      if (!element.starts_with(word.text)) continue;
      const auto count = TakeCount(element.substr(word.text.size()));
      if (!count) return Bad(element, "is no element of a series");
      return Add(element, *count, word.kind, word.value, 0);
    }
    std::string_view rest = element;
    const auto first = TakeNumber(rest);
    if (!first) return Bad(element, "is no element of a series");
    double step = 0;
    if (rest.starts_with('+') || rest.starts_with('-')) {
      const double sign = rest.front() == '-' ? -1 : 1;
      rest.remove_prefix(1);
      const auto size = TakeNumber(rest);
      if (!size || !rest.starts_with('x')) return Bad(element, "wants to be like 5+2x10");
      step = sign * *size;
    }
    const auto count = TakeCount(rest);
    if (!count) return Bad(element, "is no element of a series");
    return Add(element, *count, Kind::kValue, *first, step);
  }

  Status SetJitter(std::string_view element, std::string_view in) {
    const auto size = TakeNumber(in);
    if (!size || !in.empty() || *size < 0) return Bad(element, "wants a number, not below 0");
    jitter_ = *size;
    return Done{};
  }

  Status AddOutage(std::string_view element, Duration duration) {
    const auto steps = static_cast<std::size_t>((duration + interval_ - Duration(1)) / interval_);
    return Add(element, steps, Kind::kFails, 0, 0);
  }

  Status Add(std::string_view element, std::size_t count, Kind kind, double value, double step) {
    if (count > kScriptPointsMost - points_.size()) {
      return Bad(element, fmt::format("makes more than {} steps", kScriptPointsMost));
    }
    for (std::size_t i = 0; i < count; ++i) {
      double now = value + static_cast<double>(i) * step;
      if (jitter_ > 0) now += jitter_ * (2 * random_.Uniform() - 1);
      points_.push_back({kind, kind == Kind::kValue ? now : 0, lag_});
    }
    return Done{};
  }

  const Duration interval_;
  Duration lag_{};
  double jitter_ = 0;
  Random random_{1};
  std::vector<ScriptPoint> points_;
};

}  // namespace

Result<std::vector<ScriptPoint>> ParseScript(std::string_view text, Duration interval) {
  ScriptParser parser(interval);
  constexpr std::string_view kBlanks = " \t\r\n";
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    if (Status taken = parser.Take(text.substr(at, end - at)); !taken) return taken.error();
    at = text.find_first_not_of(kBlanks, end);
  }
  std::vector<ScriptPoint> points = std::move(parser).Points();
  if (!points.empty()) return points;
  return Error{ErrorCode::kMalformedData, "the series has no step"};
}

}  // namespace hpaplus::rehearse
