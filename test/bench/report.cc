#include "test/bench/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace hpaplus::bench {

double Durations::Seconds(double share) const {
  if (all_.empty()) return 0;
  std::vector<Duration> sorted = all_;
  std::ranges::sort(sorted);
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return ToSeconds(sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1]);
}

bool Figure::holds() const {
  switch (bar) {
    case Bar::kNone:
      return true;
    case Bar::kAtMost:
      return value <= limit;
    case Bar::kAtLeast:
      return value >= limit;
  }
  return false;
}

void Report::AddQuantiles(const std::string& phase, const std::string& name,
                          const Durations& durations, double p99_limit) {
  Add(phase, name + "_seconds_p50", durations.Seconds(0.5));
  Add(phase, name + "_seconds_p90", durations.Seconds(0.9));
  const double p99 = durations.Seconds(0.99);
  if (p99_limit > 0) {
    AddAtMost(phase, name + "_seconds_p99", p99, p99_limit);
  } else {
    Add(phase, name + "_seconds_p99", p99);
  }
  Add(phase, name + "_seconds_max", durations.Seconds(1));
}

bool Report::holds() const {
  return std::ranges::all_of(figures_, &Figure::holds);
}

std::string Report::Table() const {
  std::string text;
  std::string phase;
  for (const Figure& figure : figures_) {
    if (figure.phase != phase) text += figure.phase + "\n";
    phase = figure.phase;
    std::string bar;
    if (figure.bar != Figure::Bar::kNone) {
      bar =
          fmt::format("{} {:g}  {}", figure.bar == Figure::Bar::kAtMost ? "<=" : ">=", figure.limit,
                      figure.holds() ? "ok" : "MISSED");
    }
    const std::string line = fmt::format("  {:<44} {:>12.6g}  {}", figure.name, figure.value, bar);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string Report::Json() const {
  nlohmann::ordered_json json;
  for (const Figure& figure : figures_) {
    nlohmann::ordered_json& one = json[figure.phase][figure.name];
    one["value"] = figure.value;
    if (figure.bar == Figure::Bar::kNone) continue;
    one[figure.bar == Figure::Bar::kAtMost ? "atMost" : "atLeast"] = figure.limit;
    one["ok"] = figure.holds();
  }
  return json.dump(2) + "\n";
}

}  // namespace hpaplus::bench
