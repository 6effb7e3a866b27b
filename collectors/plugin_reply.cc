#include "collectors/plugin_reply.h"

#include <limits>
#include <memory>

#include <fmt/core.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "proto/collector.pb.h"

namespace hpaplus::collectors {
namespace {

namespace v1 = collector::v1;

constexpr std::int64_t kLatestMs =
    std::numeric_limits<Duration::rep>::max() / std::nano::den * std::milli::den;

Error Malformed(std::string what) {
  return {ErrorCode::kMalformedData, "plug-in: " + std::move(what)};
}

// UNAVAILABLE also stands for none and for those of later versions.
ErrorCode CodeOf(v1::QueryError::Code code) {
  if (code == v1::QueryError::INVALID_ARGUMENT) return ErrorCode::kInvalidArgument;
  if (code == v1::QueryError::NOT_FOUND) return ErrorCode::kInvalidArgument;
  if (code == v1::QueryError::DEADLINE_EXCEEDED) return ErrorCode::kDeadlineExceeded;
  if (code == v1::QueryError::PERMISSION_DENIED) return ErrorCode::kPermissionDenied;
  if (code == v1::QueryError::MALFORMED_DATA) return ErrorCode::kMalformedData;
  return ErrorCode::kUnavailable;
}

Error ErrorOf(const v1::QueryError& error) {
  const std::string_view text =
      error.message().empty() ? "it could not answer" : std::string_view(error.message());
  return {CodeOf(error.code()), fmt::format("plug-in: {}", Printable(text))};
}

Result<Timestamp> ReadTime(std::int64_t ms, Timestamp received) {
  if (ms == 0) return received;
  if (ms < 0 || ms > kLatestMs) {
    return Malformed(fmt::format("timestamp {} ms is not in 1970..2262", ms));
  }
  return Timestamp(std::chrono::milliseconds(ms));
}

}  // namespace

ReadingResult ReadPluginResult(const v1::QueryResult& result, const PluginAnswerLimits& limits) {
  if (result.has_error()) return ErrorOf(result.error());
  const auto count = static_cast<std::size_t>(result.samples_size());
  if (count > limits.max_samples) {
    return Malformed(fmt::format("{} samples for one query are more than limits.maxSeries, {}",
                                 count, limits.max_samples));
  }
  auto reading = std::make_shared<Reading>();
  reading->received = limits.received;
  reading->values.reserve(count);
  for (const v1::Sample& sample : result.samples()) {
    const Result<Timestamp> at = ReadTime(sample.timestamp_ms(), limits.received);
    if (!at) return at.error();
    reading->values.push_back(
        {.at = *at, .value = sample.value(), .milli = MilliFromDouble(sample.value())});
  }
  return std::shared_ptr<const Reading>(std::move(reading));
}

Result<std::vector<ReadingResult>> ReadPluginBatch(const v1::CollectResponse& response,
                                                   std::size_t queries,
                                                   const PluginAnswerLimits& limits) {
  const auto count = static_cast<std::size_t>(response.results_size());
  if (count != queries) {
    return Malformed(fmt::format("{} results for {} queries", count, queries));
  }
  std::vector<ReadingResult> readings;
  readings.reserve(queries);
  for (const v1::QueryResult& result : response.results())
    readings.push_back(ReadPluginResult(result, limits));
  return readings;
}

Result<std::vector<std::pair<std::size_t, ReadingResult>>> ReadPluginPush(
    const v1::StreamResponse& response, std::size_t queries, const PluginAnswerLimits& limits) {
  std::vector<std::pair<std::size_t, ReadingResult>> readings;
  for (const v1::StreamUpdate& update : response.updates()) {
    if (update.query_index() >= queries) {
      return Malformed(
          fmt::format("a push for query {} of {} queries", update.query_index(), queries));
    }
    ReadingResult reading = ReadPluginResult(update.result(), limits);
    const bool nonsense = !reading && !update.result().has_error();
    if (nonsense) return reading.error();
    readings.emplace_back(update.query_index(), std::move(reading));
  }
  return readings;
}

}  // namespace hpaplus::collectors
