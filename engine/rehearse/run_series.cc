#include "engine/rehearse/run_series.h"

#include <algorithm>
#include <limits>

#include "engine/rehearse/retraced_run.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kHour = 3600;
constexpr double kMinute = 60;

}  // namespace

RunSeries SeriesOf(const Situation& situation, const PolicyRun& run, Timestamp start,
                   std::size_t points) {
  const double step = ToSeconds(situation.options().step);
  const auto steps = static_cast<std::size_t>(situation.needs().back().until);
  const std::size_t each = std::max<std::size_t>((steps + points - 1) / points, 1);
  const std::size_t count = (steps + each - 1) / each;
  RunSeries series;
  series.step_seconds = step * static_cast<double>(each);
  series.needed.assign(count, 0);
  series.ready.assign(count, std::numeric_limits<Replicas>::max());
  series.missing.assign(count, 0);
  const Timestamp day = std::chrono::floor<std::chrono::days>(start);
  const double before = ToSeconds(start - day);
  const double lasts = before + step * static_cast<double>(steps);
  series.short_minutes.assign(static_cast<std::size_t>(lasts / kHour) + 1, 0);
  RetracedRun again(run, situation.options().plant);
  std::size_t need = 0;
  for (std::size_t i = 0; i < steps; ++i) {
    while (static_cast<std::size_t>(situation.needs()[need].until) <= i)
      ++need;
    const double seconds = static_cast<double>(i) * step;
    const Replicas needed = situation.needs()[need].replicas;
    again.MoveTo(seconds);
    const Replicas ready = again.ready();
    const std::size_t at = i / each;
    series.needed[at] = std::max(series.needed[at], needed);
    series.ready[at] = std::min(series.ready[at], ready);
    series.missing[at] = std::max(series.missing[at], needed - ready);
    if (needed > ready) {
      series.short_minutes[static_cast<std::size_t>((before + seconds) / kHour)] += step / kMinute;
    }
  }
  return series;
}

}  // namespace hpaplus::rehearse
