#include "collectors/business_monitor.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/exposition_document.h"
#include "collectors/http_answer.h"
#include "collectors/selector_query.h"
#include "collectors/single_reading.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "business monitor";

Aggregation AggregationOf(HttpSource::Pods::Combine combine) {
  switch (combine) {
    case HttpSource::Pods::Combine::kSum:
      return Aggregation::kSum;
    case HttpSource::Pods::Combine::kAverage:
      return Aggregation::kAverage;
    case HttpSource::Pods::Combine::kMax:
      return Aggregation::kMax;
    case HttpSource::Pods::Combine::kMin:
      return Aggregation::kMin;
  }
  return Aggregation::kSum;
}

std::string UrlOf(const HttpSource::Pods& pods, const PodAddress& pod) {
  const bool is_v6 = pod.ip.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}", pods.tls ? "https" : "http", is_v6 ? "[" : "", pod.ip,
                     is_v6 ? "]" : "", pods.port, pods.path);
}

std::string_view AcceptOf(const std::optional<DocumentFormat>& format) {
  if (!format) return "application/json, application/yaml;q=0.8, application/xml;q=0.7";
  switch (*format) {
    case DocumentFormat::kJson:
      return "application/json";
    case DocumentFormat::kYaml:
      return "application/yaml";
    case DocumentFormat::kXml:
      return "application/xml";
    case DocumentFormat::kNumber:
      return "text/plain";
  }
  return "*/*";
}

}  // namespace

Result<std::unique_ptr<Collector>> BusinessMonitorCollector::Create(const ResolvedSource& source,
                                                                    const CollectorDeps& deps) {
  if (source.spec.http && source.spec.http->pods) {
    if (deps.pods == nullptr) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: there is no cluster whose pods could be asked", kWho)};
    }
  } else if (Status ok = CheckEndpoint(kWho, source.spec.endpoint); !ok) {
    return ok.error();
  }
  return std::unique_ptr<Collector>(new BusinessMonitorCollector(source, deps));
}

BusinessMonitorCollector::BusinessMonitorCollector(const ResolvedSource& source,
                                                   const CollectorDeps& deps)
    : spec_(source.spec),
      http_spec_(source.spec.http.value_or(HttpSource())),
      auth_(std::make_shared<const HttpAuth>(source.auth)),
      http_(deps.http),
      pods_(deps.pods) {}

HttpRequest BusinessMonitorCollector::MakeRequest(std::string url) const {
  HttpRequest request;
  request.url = std::move(url);
  request.headers.emplace_back("Accept", AcceptOf(http_spec_.format));
  if (http_spec_.post) {
    request.method = "POST";
    request.body = http_spec_.body;
    request.headers.emplace_back("Content-Type", http_spec_.body_type);
  }
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  return request;
}

std::vector<DocumentValues> BusinessMonitorCollector::Read(const Result<HttpResponse>& response,
                                                           std::span<const std::string> paths,
                                                           Timestamp now) const {
  const auto all = [&](Error error) {
    return std::vector<DocumentValues>(paths.size(), DocumentValues(std::move(error)));
  };
  if (!response) {
    return all({response.error().code, fmt::format("{}: {}", kWho, response.error().message)});
  }
  if (response->status != 200) return all(StatusError(kWho, response->status));
  if (Status ok = CheckSize(kWho, *response, spec_.max_response_bytes); !ok) return all(ok.error());
  const std::string_view type = response->Header("content-type");
  if (!http_spec_.format && IsExposition(type)) {
    return ReadExpositionValues(type, response->body, paths, now);
  }
  const auto format = http_spec_.format ? http_spec_.format : DocumentFormatOf(type);
  if (!format) {
    return all(
        {ErrorCode::kMalformedData,
         type.empty()
             ? fmt::format("{}: the answer has no content type, and http.format is not set", kWho)
             : fmt::format("{}: the answer is of type \"{}\", which cannot be read", kWho,
                           Printable(type))});
  }
  return ReadDocument(*format, response->body, paths, now);
}

Result<std::vector<BusinessMonitorCollector::Asked>> BusinessMonitorCollector::AskPods(
    std::span<const std::string> paths, const CollectContext& context) const {
  const HttpSource::Pods& wanted = *http_spec_.pods;
  Result<std::vector<PodAddress>> pods = pods_->Select(spec_.ns, wanted.selector);
  if (!pods) return Error{pods.error().code, fmt::format("{}: {}", kWho, pods.error().message)};
  std::erase_if(*pods,
                [](const PodAddress& pod) { return !pod.ready || pod.deleting || pod.ip.empty(); });
  if (pods->size() > kPodsMost) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: {} pods are ready, and no more than {} are asked", kWho,
                             pods->size(), kPodsMost)};
  }
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  std::vector<Asked> answers;
  answers.reserve(pods->size());
  for (std::size_t begin = 0; begin < pods->size(); begin += spec_.max_concurrent) {
    const std::size_t end = std::min(pods->size(), begin + spec_.max_concurrent);
    std::vector<HttpRequest> requests;
    for (std::size_t i = begin; i != end; ++i)
      requests.push_back(MakeRequest(UrlOf(wanted, (*pods)[i])));
    const auto responses = http_.SendAll(requests, deadline);
    for (std::size_t i = begin; i != end; ++i) {
      answers.push_back({(*pods)[i].name, Read(responses[i - begin], paths, context.now)});
    }
  }
  return answers;
}

DocumentValues BusinessMonitorCollector::Combine(std::span<const Asked> pods,
                                                 std::size_t path) const {
  if (pods.empty()) return std::vector<ScalarSample>();
  std::vector<ScalarSample> numbers;
  std::optional<Error> problem;
  for (const Asked& pod : pods) {
    const DocumentValues& values = pod.values[path];
    if (values && values->size() == 1) {
      numbers.push_back(values->front());
    } else if (!problem) {
      problem =
          values ? Error{ErrorCode::kMalformedData, "nothing to combine there"} : values.error();
      problem->message = fmt::format("pod {}: {}", pod.name, problem->message);
    }
  }
  const std::size_t needed = http_spec_.pods->min_answers.value_or(pods.size());
  if (numbers.size() < needed) {
    return Error{problem ? problem->code : ErrorCode::kUnavailable,
                 fmt::format("{}: {} of {} ready pods have the number, and {} must: {}", kWho,
                             numbers.size(), pods.size(), needed,
                             problem ? problem->message : "there are no more")};
  }
  SelectorQuery query;
  query.aggregation = AggregationOf(http_spec_.pods->combine);
  return Aggregate(query, std::move(numbers));
}

std::vector<DocumentValues> BusinessMonitorCollector::Ask(std::span<const std::string> paths,
                                                          const CollectContext& context) const {
  if (!http_spec_.pods) {
    const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
    const HttpRequest request = MakeRequest(spec_.endpoint);
    return Read(http_.SendAll({&request, 1}, deadline).front(), paths, context.now);
  }
  const auto pods = AskPods(paths, context);
  std::vector<DocumentValues> values;
  for (std::size_t i = 0; i < paths.size(); ++i)
    values.push_back(pods ? Combine(*pods, i) : DocumentValues(pods.error()));
  return values;
}

std::vector<ReadingResult> BusinessMonitorCollector::Collect(std::span<const MetricQuery> queries,
                                                             const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::vector<std::string> paths;
  std::vector<std::size_t> query_of;
  for (const MetricQuery& query : queries) {
    const Status can = CheckCanAnswer(kWho, query, context);
    results.push_back(can ? Error{ErrorCode::kUnavailable, "not asked yet"} : can.error());
    if (!can) continue;
    query_of.push_back(results.size() - 1);
    paths.push_back(query.expression);
  }
  if (paths.empty()) return results;
  std::vector<DocumentValues> values = Ask(paths, context);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    results[query_of[i]] = values[i] ? ReadingOf(*std::move(values[i]), context.now)
                                     : ReadingResult(values[i].error());
  }
  return results;
}

}  // namespace hpaplus::collectors
