#include "examples/collector/rabbitmq.h"

#include <algorithm>
#include <utility>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "collectors/single_reading.h"
#include "examples/collector/rabbitmq_reply.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "rabbitmq";

ReadingResult Answer(const MetricQuery& query, const Result<QueueDepths>& depths, Timestamp now) {
  if (query.type != MetricType::kSource) {
    return Error{ErrorCode::kInvalidArgument, "rabbitmq: only metrics of type Source are read"};
  }
  if (!depths) return depths.error();
  const auto found = depths->find(query.expression);
  if (found == depths->end()) {
    return Error{ErrorCode::kInvalidArgument,
                 "rabbitmq: there is no queue " + Printable(query.expression)};
  }
  const double value = found->second;
  return NumberReading({.at = now, .value = value, .milli = MilliFromDouble(value)}, now);
}

}  // namespace

Result<std::unique_ptr<Collector>> RabbitMqCollector::Create(const ResolvedSource& source,
                                                             const CollectorDeps& deps) {
  if (Status ok = CheckEndpoint(kWho, source.spec.endpoint); !ok) return ok.error();
  return std::unique_ptr<Collector>(new RabbitMqCollector(source, deps.http));
}

RabbitMqCollector::RabbitMqCollector(const ResolvedSource& source, HttpClient& http)
    : spec_(source.spec), auth_(std::make_shared<const HttpAuth>(source.auth)), http_(http) {}

Result<HttpResponse> RabbitMqCollector::Ask(const CollectContext& context) const {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  if (context.stop.stop_requested()) {
    return Error{ErrorCode::kUnavailable, "rabbitmq: stopped before asking"};
  }
  if (deadline <= context.now) {
    return Error{ErrorCode::kDeadlineExceeded, "rabbitmq: no time is left to ask"};
  }
  HttpRequest request;
  request.url = spec_.endpoint + "/api/queues?columns=vhost,name,messages";
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  auto response = std::move(http_.SendAll({&request, 1}, deadline).front());
  if (!response) return Error{response.error().code, "rabbitmq: " + response.error().message};
  if (response->status != 200) return StatusError(kWho, response->status);
  if (Status ok = CheckJsonType(kWho, *response); !ok) return ok.error();
  return response;
}

std::vector<ReadingResult> RabbitMqCollector::Collect(std::span<const MetricQuery> queries,
                                                      const CollectContext& context) {
  std::vector<ReadingResult> results;
  if (queries.empty()) return results;
  const auto depths = Ask(context).and_then(
      [&](const HttpResponse& response) { return ParseQueues(response.body, spec_.max_series); });
  results.reserve(queries.size());
  for (const MetricQuery& query : queries)
    results.push_back(Answer(query, depths, context.now));
  return results;
}

}  // namespace hpaplus::collectors
