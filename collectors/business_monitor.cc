#include "collectors/business_monitor.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "collectors/business_monitor_reply.h"
#include "collectors/http_answer.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "business monitor";

ReadingResult MakeReading(const JsonNumber& number, Timestamp now) {
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values.push_back({.at = now, .value = number.value, .milli = number.milli});
  return std::shared_ptr<const Reading>(std::move(reading));
}

}  // namespace

Result<std::unique_ptr<Collector>> BusinessMonitorCollector::Create(const ResolvedSource& source,
                                                                    const CollectorDeps& deps) {
  if (Status ok = CheckEndpoint(kWho, source.spec.endpoint); !ok) return ok.error();
  return std::unique_ptr<Collector>(new BusinessMonitorCollector(source, deps));
}

BusinessMonitorCollector::BusinessMonitorCollector(const ResolvedSource& source,
                                                   const CollectorDeps& deps)
    : spec_(source.spec), auth_(std::make_shared<const HttpAuth>(source.auth)), http_(deps.http) {}

Result<HttpResponse> BusinessMonitorCollector::Ask(const CollectContext& context) const {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  if (context.stop.stop_requested()) {
    return Error{ErrorCode::kUnavailable, fmt::format("{}: stopped before asking", kWho)};
  }
  if (deadline <= context.now) {
    return Error{ErrorCode::kDeadlineExceeded, fmt::format("{}: no time is left to ask", kWho)};
  }
  HttpRequest request;
  request.url = spec_.endpoint;
  request.headers.emplace_back("Accept", "application/json");
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  Result<HttpResponse> response = std::move(http_.SendAll({&request, 1}, deadline).front());
  if (!response) {
    return Error{response.error().code, fmt::format("{}: {}", kWho, response.error().message)};
  }
  if (response->status != 200) return StatusError(kWho, response->status);
  if (Status ok = CheckSize(kWho, *response, spec_.max_response_bytes); !ok) return ok.error();
  if (Status ok = CheckJsonType(kWho, *response); !ok) return ok.error();
  return response;
}

std::vector<ReadingResult> BusinessMonitorCollector::Collect(std::span<const MetricQuery> queries,
                                                             const CollectContext& context) {
  std::vector<std::string> paths;
  for (const MetricQuery& query : queries) {
    if (query.type == MetricType::kSource) paths.push_back(query.expression);
  }
  const Result<HttpResponse> response =
      paths.empty() ? Error{ErrorCode::kInvalidArgument, "nothing to ask"} : Ask(context);
  const std::vector<Result<JsonNumber>> numbers =
      response ? ReadJsonNumbers(response->body, paths)
               : std::vector<Result<JsonNumber>>(paths.size(), response.error());

  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::size_t next = 0;
  for (const MetricQuery& query : queries) {
    if (query.type != MetricType::kSource) {
      results.push_back(Error{ErrorCode::kInvalidArgument,
                              "business monitor: only metrics of type Source are read"});
      continue;
    }
    const Result<JsonNumber>& number = numbers[next++];
    if (number) {
      results.push_back(MakeReading(*number, context.now));
    } else {
      results.push_back(number.error());
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
