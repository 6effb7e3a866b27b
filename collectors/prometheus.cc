#include "collectors/prometheus.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "collectors/coalesce.h"
#include "collectors/http_answer.h"
#include "collectors/prometheus_reply.h"
#include "engine/base/url.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "prometheus";

// Servers and proxies on the way refuse longer URLs; 8 KiB is the usual limit.
constexpr std::size_t kLongestUrl = 4096;

std::string QueryUrl(std::string_view endpoint) {
  while (endpoint.ends_with('/'))
    endpoint.remove_suffix(1);
  return std::string(endpoint) + "/api/v1/query";
}

// "1700000000.123": Prometheus counts in milliseconds.
std::string Seconds(Duration duration) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(duration).count();
  return fmt::format("{}.{:03}", ms / 1000, ms % 1000);
}

Error Unasked(const MetricQuery& query) {
  return {ErrorCode::kInvalidArgument, query.type == MetricType::kSource
                                           ? "prometheus: the query is empty"
                                           : "prometheus: only metrics of type Source are read"};
}

bool IsAskable(const MetricQuery& query) {
  return query.type == MetricType::kSource && !query.expression.empty();
}

}  // namespace

Result<std::unique_ptr<Collector>> PrometheusCollector::Create(const ResolvedSource& source,
                                                               const CollectorDeps& deps) {
  if (Status ok = CheckEndpoint(kWho, source.spec.endpoint); !ok) return ok.error();
  if (source.spec.endpoint.find('?') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "prometheus: the endpoint has a query string"};
  }
  return std::unique_ptr<Collector>(new PrometheusCollector(source, deps));
}

PrometheusCollector::PrometheusCollector(const ResolvedSource& source, const CollectorDeps& deps)
    : spec_(source.spec),
      url_(QueryUrl(source.spec.endpoint)),
      auth_(std::make_shared<const HttpAuth>(source.auth)),
      http_(deps.http),
      executor_(deps.executor) {}

HttpRequest PrometheusCollector::MakeRequest(std::string_view expression, Timestamp now,
                                             Timestamp deadline) const {
  // Prometheus gives up when we do, instead of computing for nobody.
  std::string form = fmt::format("query={}&time={}&timeout={}", PercentEncode(expression),
                                 Seconds(now.time_since_epoch()), Seconds(deadline - now));
  HttpRequest request;
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  request.accepts_gzip = false;  // A few numbers: Prometheus would spend more on gzip than on them.
  request.headers.emplace_back("Accept", "application/json");
  if (url_.size() + 1 + form.size() <= kLongestUrl) {
    request.url = url_ + "?" + form;
  } else {
    request.method = "POST";
    request.url = url_;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(form);
  }
  return request;
}

std::vector<Result<HttpResponse>> PrometheusCollector::Ask(std::span<const std::string> expressions,
                                                           const CollectContext& context) const {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  if (deadline <= context.now) {
    return {expressions.size(), Error{ErrorCode::kDeadlineExceeded, "no time is left to ask"}};
  }
  const std::size_t at_once = std::max<std::size_t>(spec_.max_concurrent, 1);
  std::vector<Result<HttpResponse>> responses;
  responses.reserve(expressions.size());
  std::vector<HttpRequest> requests;
  while (responses.size() != expressions.size() && !context.stop.stop_requested()) {
    const auto rest = expressions.subspan(responses.size());
    requests.clear();
    for (const std::string& expression : rest.first(std::min(at_once, rest.size())))
      requests.push_back(MakeRequest(expression, context.now, deadline));
    std::ranges::move(http_.SendAll(requests, deadline), std::back_inserter(responses));
  }
  responses.resize(expressions.size(), Error{ErrorCode::kUnavailable, "stopped before asking"});
  return responses;
}

ReadingResult PrometheusCollector::Read(const Result<HttpResponse>& response, Timestamp now) const {
  if (!response) {
    return Error{response.error().code, fmt::format("{}: {}", kWho, response.error().message)};
  }
  if (Status ok = CheckSize(kWho, *response, spec_.max_response_bytes); !ok) return ok.error();
  const Status is_json = CheckJsonType(kWho, *response);
  Result<std::vector<ScalarSample>> samples =
      is_json ? ParsePrometheusReply(response->body, spec_.max_series) : is_json.error();
  if (response->status != 200) {
    // With a status of 400 and above Prometheus says why in the same envelope; a proxy does not.
    const bool explained = !samples && samples.error().code != ErrorCode::kMalformedData;
    return explained ? samples.error() : StatusError(kWho, response->status);
  }
  if (!samples) return samples.error();
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values = std::move(*samples);
  return std::shared_ptr<const Reading>(std::move(reading));
}

std::vector<ReadingResult> PrometheusCollector::Collect(std::span<const MetricQuery> queries,
                                                        const CollectContext& context) {
  std::vector<std::string> expressions;
  for (const MetricQuery& query : queries) {
    if (IsAskable(query)) expressions.push_back(query.expression);
  }
  const Coalesced asked = Coalesce(expressions);
  const std::vector<Result<HttpResponse>> responses = Ask(asked.distinct, context);

  // Parsing is what collecting costs in CPU time: one reply is one chunk, each with its own slot.
  std::vector<ReadingResult> readings(
      responses.size(), Error{ErrorCode::kUnavailable, "prometheus: the reply was not read"});
  executor_.ForEachChunk(responses.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i)
      readings[i] = Read(responses[i], context.now);
  });

  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::size_t next = 0;
  for (const MetricQuery& query : queries) {
    if (IsAskable(query)) {
      results.push_back(readings[asked.answer_of[next++]]);
    } else {
      results.push_back(Unasked(query));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
