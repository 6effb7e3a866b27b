#include "collectors/single_reading.h"

#include <limits>
#include <memory>
#include <utility>

#include <fmt/core.h>

namespace hpaplus::collectors {

ReadingResult CountReading(std::int64_t count, Timestamp now) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 1000;
  const std::int64_t milli = count >= 0 && count <= kMost ? count * 1000 : kInvalidMilli;
  return NumberReading({.at = now, .value = static_cast<double>(count), .milli = milli}, now);
}

ReadingResult NumberReading(const ScalarSample& sample, Timestamp now) {
  return ReadingOf({sample}, now);
}

ReadingResult ReadingOf(std::vector<ScalarSample> values, Timestamp now) {
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values = std::move(values);
  return std::shared_ptr<const Reading>(std::move(reading));
}

Status CheckCanAnswer(std::string_view who, const MetricQuery& query,
                      const CollectContext& context) {
  if (query.type != MetricType::kSource) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: only metrics of type Source are read", who)};
  }
  if (context.stop.stop_requested()) {
    return Error{ErrorCode::kUnavailable, fmt::format("{}: stopped before asking", who)};
  }
  if (context.deadline <= context.now) {
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("{}: no time is left to ask", who)};
  }
  return Done{};
}

}  // namespace hpaplus::collectors
