#include "test/bench/fleet_plot.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/core.h>

namespace hpaplus::bench {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 160;
constexpr double kLeft = 60;
constexpr double kGap = 60;

struct Panel {
  double top = 0;
  double most = 1;  // The value at its upper edge.
  std::size_t points = 0;
};

double At(const Panel& panel, std::size_t index) {
  const double steps = std::max<double>(1, static_cast<double>(panel.points) - 1);
  return kLeft + kWidth * static_cast<double>(index) / steps;
}

std::string Frame(const Panel& panel, std::string_view title, std::string_view unit) {
  return fmt::format(
      R"(<text x="{0}" y="{1}" class="title">{2}</text>)"
      R"(<rect x="{0}" y="{3}" width="{4}" height="{5}" class="frame"/>)"
      R"(<text x="{6}" y="{7}" class="tick">{8:g} {9}</text><text x="{6}" y="{10}" class="tick">0</text>)"
      "\n",
      kLeft, panel.top - 8, title, panel.top, kWidth, kHeight, kLeft - 6, panel.top + 10,
      panel.most, unit, panel.top + kHeight);
}

template <class Value>
std::string Line(const Panel& panel, std::string_view style, Value value) {
  std::string points;
  for (std::size_t i = 0; i < panel.points; ++i)
    points += fmt::format("{:.1f},{:.1f} ", At(panel, i),
                          panel.top + kHeight * (1 - std::min(1.0, value(i) / panel.most)));
  return fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", style, points);
}

}  // namespace

std::string DrawFleet(const std::vector<FleetMinute>& course) {
  double late = 1;
  double resident = 1;
  for (const FleetMinute& minute : course) {
    late = std::max(late, minute.late_p99_ms);
    resident = std::max(resident, minute.resident_mib);
  }
  const Panel above{kGap, std::ceil(late * 1.2), course.size()};
  const Panel below{2 * kGap + kHeight, std::ceil(resident * 1.2 / 100) * 100, course.size()};
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\">\n"
      "<style>text{{font:12px sans-serif;fill:#555}} .tick{{text-anchor:end}} "
      ".title{{font-weight:bold}} .frame{{fill:none;stroke:#bbb}} polyline{{fill:none;"
      "stroke-width:2}} .p50{{stroke:#7aa6c2}} .p99{{stroke:#c2553d}} .memory{{stroke:#4a7c59}}"
      "</style>\n",
      kLeft + kWidth + 20, 3 * kGap + 2 * kHeight);
  out += Frame(above, "Lateness of evaluations: p50 (blue) and p99 (red) of each minute", "ms");
  out += Line(above, "p50", [&](std::size_t i) { return course[i].late_p50_ms; });
  out += Line(above, "p99", [&](std::size_t i) { return course[i].late_p99_ms; });
  out += Frame(below, fmt::format("Memory, over {} minutes", course.size()), "MiB");
  out += Line(below, "memory", [&](std::size_t i) { return course[i].resident_mib; });
  return out + "</svg>\n";
}

}  // namespace hpaplus::bench
