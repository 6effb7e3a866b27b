#include "collectors/schedule.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/http_answer.h"
#include "collectors/single_reading.h"
#include "engine/model/cron_time.h"

namespace hpaplus::collectors {
namespace {

bool IsInside(const CronSource::Window& window, const TimeZone& zone, Timestamp now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto end = NextTime(window.end, zone, second);
  if (!end) return false;
  const auto start = NextTime(window.start, zone, second);
  return !start || *end <= *start;
}

}  // namespace

Result<std::unique_ptr<Collector>> ScheduleCollector::Create(const ResolvedSource& source,
                                                             const CollectorDeps& /*deps*/) {
  if (!source.spec.cron || source.spec.cron->zone == nullptr || source.spec.cron->windows.empty()) {
    return Error{ErrorCode::kInvalidArgument, "schedule: the source has no windows"};
  }
  return std::unique_ptr<Collector>(new ScheduleCollector(*source.spec.cron));
}

std::vector<ReadingResult> ScheduleCollector::Collect(std::span<const MetricQuery> queries,
                                                      const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  for (const MetricQuery& query : queries) {
    const auto window =
        std::ranges::find(cron_.windows, query.expression, &CronSource::Window::name);
    if (const Status can = CheckCanAnswer("schedule", query, context); !can) {
      results.push_back(can.error());
    } else if (window == cron_.windows.end()) {
      results.push_back(Error{
          ErrorCode::kInvalidArgument,
          fmt::format("schedule: the source has no window \"{}\"", Printable(query.expression))});
    } else {
      const bool inside = IsInside(*window, *cron_.zone, context.now);
      results.push_back(CountReading(inside ? window->desired_replicas : 0, context.now));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
