#include "engine/rehearse/import.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "engine/rehearse/text_lines.h"
#include "engine/rehearse/trace.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kLatestSeconds = 9e9;  // The year 2255; a Timestamp ends in 2262.

// Any double, "NaN", "+Inf" and their like too.
std::optional<double> Number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return number;
}

std::optional<Timestamp> Time(std::optional<double> seconds) {
  if (!seconds || !std::isfinite(*seconds) || std::abs(*seconds) > kLatestSeconds) {
    return std::nullopt;
  }
  constexpr double kNanoseconds = 1e9;
  return Timestamp(Duration(std::llround(*seconds * kNanoseconds)));
}

// Where the name and the labels of a sample end; labels may have any character in quotes.
std::size_t SeriesEnd(std::string_view line) {
  const std::size_t end = line.find_first_of("{ \t");
  if (end == std::string_view::npos || line[end] != '{') return end;
  bool quoted = false;
  for (std::size_t i = end; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line[i] == '}') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool Chooses(const std::string& wanted, std::string_view series) {
  return wanted == series || wanted == series.substr(0, series.find('{'));
}

double MostFrequentStep(const std::vector<TimedValue>& points) {
  std::map<Duration, std::size_t> steps;
  for (std::size_t i = 1; i < points.size(); ++i)
    ++steps[points[i].at - points[i - 1].at];
  const auto most =
      std::ranges::max_element(steps, {}, [](const auto& entry) { return entry.second; });
  return most == steps.end() ? 0 : ToSeconds(most->first);
}

void CountGaps(const std::vector<TimedValue>& points, Imported& out) {
  const double usual = MostFrequentStep(points);
  for (std::size_t i = 1; i < points.size(); ++i) {
    const double step = ToSeconds(points[i].at - points[i - 1].at);
    if (step <= 2 * usual) continue;
    ++out.gaps;
    out.longest_gap = std::max(out.longest_gap, step);
  }
}

}  // namespace

Result<Imported> MakeTrace(std::vector<TimedValue> series) {
  Imported out;
  for (std::size_t i = 1; i < series.size(); ++i) {
    if (series[i].at < series[i - 1].at) ++out.unordered;
  }
  std::ranges::stable_sort(series, {}, &TimedValue::at);
  std::vector<TimedValue> points;
  for (const TimedValue& one : series) {
    if (!std::isfinite(one.value)) {
      ++out.no_number;
    } else if (one.value < 0) {
      ++out.negative;
    } else if (!points.empty() && points.back().at == one.at) {
      ++out.duplicate;
      points.back() = one;
    } else {
      points.push_back(one);
    }
  }
  if (points.size() < 2) {
    return Error{ErrorCode::kMalformedData,
                 fmt::format("{} of {} samples can be a demand; a trace needs two", points.size(),
                             series.size())};
  }
  CountGaps(points, out);
  out.start = points.front().at;
  out.points = points.size();
  out.csv = "t_seconds,value\n";
  for (const TimedValue& one : points)
    out.csv += fmt::format("{},{}\n", ToSeconds(one.at - out.start), one.value);
  if (const auto trace = Trace::FromCsv(out.csv); !trace) return trace.error();
  return out;
}

Result<std::vector<TimedValue>> ReadSeriesCsv(std::string_view text) {
  std::vector<TimedValue> series;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    ++number;
    if (line.empty() || (number == 1 && line == "t_seconds,value")) continue;
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return AtLine(number, "has no comma");
    const auto at = Time(Number(WithoutBlanks(line.substr(0, comma))));
    const auto value = Number(WithoutBlanks(line.substr(comma + 1)));
    if (!at) return AtLine(number, "the time is not a number of seconds");
    if (!value) return AtLine(number, "the value is not a number");
    if (series.size() == Trace::kMaxPoints) return AtLine(number, "there are too many points");
    series.push_back({*at, *value});
  }
  if (!series.empty()) return series;
  return Error{ErrorCode::kMalformedData, "there is no line with a time and a value"};
}

Result<std::vector<TimedValue>> ReadOpenMetrics(std::string_view text, const std::string& series) {
  std::vector<TimedValue> samples;
  std::set<std::string, std::less<>> chosen;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t end = SeriesEnd(line);
    if (end == std::string_view::npos) return AtLine(number, "is no sample");
    const std::string_view name = line.substr(0, end);
    if (!Chooses(series, name)) continue;
    chosen.emplace(name);
    std::string_view rest = WithoutBlanks(line.substr(end));
    rest = WithoutBlanks(rest.substr(0, rest.find('#')));  // Without an exemplar.
    const std::size_t blank = rest.find_first_of(" \t");
    const auto value = Number(rest.substr(0, blank));
    if (!value) return AtLine(number, "the value is not a number");
    if (blank == std::string_view::npos) return AtLine(number, "the sample has no timestamp");
    const auto at = Time(Number(WithoutBlanks(rest.substr(blank))));
    if (!at) return AtLine(number, "the timestamp is not a number of seconds");
    if (samples.size() == Trace::kMaxPoints) return AtLine(number, "there are too many samples");
    samples.push_back({*at, *value});
  }
  if (chosen.empty()) {
    return Error{ErrorCode::kNotFound, fmt::format("there is no series \"{}\"", series)};
  }
  if (chosen.size() == 1) return samples;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("\"{}\" are {} series; name one of them with its labels, like {}",
                           series, chosen.size(), *chosen.begin())};
}

std::string ImportNotes(const Imported& imported) {
  std::string notes;
  const auto add = [&notes](std::uint64_t count, std::string_view what) {
    if (count > 0) notes += fmt::format("{}{} {}", notes.empty() ? "" : "; ", count, what);
  };
  add(imported.no_number, "that are no finite number were left out");
  add(imported.negative, "negative ones were left out");
  add(imported.unordered, "were put in the order of time");
  add(imported.duplicate, "had a later one of the same time, which counts");
  add(imported.gaps,
      fmt::format("gaps, the longest of {:g} s: the value before holds on", imported.longest_gap));
  return notes;
}

}  // namespace hpaplus::rehearse
