#include "collectors/scrape.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>

#include "collectors/exposition.h"
#include "collectors/http_answer.h"
#include "collectors/pod_sample.h"
#include "collectors/scrape_answer.h"
#include "collectors/scrape_memory.h"
#include "collectors/shared_links.h"
#include "collectors/single_reading.h"
#include "engine/model/egress_policy.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "scrape";

bool IsAskable(const PodAddress& pod) {
  return pod.phase == PodPhase::kRunning && pod.ready && !pod.deleting && !pod.ip.empty();
}

}  // namespace

// The pods of one namespace, and what those who ask in it want to know.
struct ScrapeCollector::Population {
  std::size_t size = 0;   // Of all pods that could be asked.
  std::size_t asked = 0;  // Of the sample.
  std::size_t failed = 0;
  std::string first_failure;
  std::optional<Error> problem;  // The pods are not known.
  std::vector<ScrapedSeries> series;
  std::vector<ScrapedSeries*> wanted;
};

struct ScrapeCollector::Target {
  Population* population = nullptr;
  ScrapeTarget name;
};

CollectorFactory ScrapeCollector::Factory() {
  auto memories = std::make_shared<SharedLinks<ScrapeMemory>>();
  return [memories](const ResolvedSource& source,
                    const CollectorDeps& deps) -> Result<std::unique_ptr<Collector>> {
    if (!source.spec.scrape) {
      return Error{ErrorCode::kInvalidArgument, "scrape: the source does not say what to scrape"};
    }
    if (deps.pods == nullptr) {
      return Error{ErrorCode::kInvalidArgument, "scrape: there is no cluster to find pods in"};
    }
    Result<std::shared_ptr<ScrapeMemory>> memory = memories->Get(source, deps.egress);
    if (!memory) return memory.error();
    return std::unique_ptr<Collector>(new ScrapeCollector(source, deps, *std::move(memory)));
  };
}

ScrapeCollector::ScrapeCollector(const ResolvedSource& source, const CollectorDeps& deps,
                                 std::shared_ptr<ScrapeMemory> memory)
    : spec_(source.spec),
      scrape_(*source.spec.scrape),
      auth_(std::make_shared<const HttpAuth>(source.auth)),
      http_(deps.http),
      pods_(*deps.pods),
      memory_(std::move(memory)) {}

ScrapeCollector::~ScrapeCollector() = default;

void ScrapeCollector::FindTargets(std::string_view ns, Population& population,
                                  std::vector<Target>& targets) const {
  Result<std::vector<PodAddress>> pods = pods_.Select(ns, scrape_.pods);
  if (!pods) {
    population.problem =
        Error{pods.error().code, fmt::format("{}: {}", kWho, pods.error().message)};
    return;
  }
  std::erase_if(*pods, [](const PodAddress& pod) { return !IsAskable(pod); });
  population.size = pods->size();
  std::vector<ScrapeTarget> names;
  for (PodAddress& pod : SampleOf(*std::move(pods), scrape_.targets_most))
    names.push_back({std::string(ns), std::move(pod.name), std::move(pod.ip)});
  population.asked = names.size();
  memory_->KeepOnly(ns, names);
  for (ScrapeTarget& name : names)
    targets.push_back({&population, std::move(name)});
}

Result<HttpRequest> ScrapeCollector::MakeRequest(const ScrapeTarget& target) const {
  const std::optional<IpAddress> address = IpAddress::Parse(target.ip);
  if (!address) {
    return Error{ErrorCode::kMalformedData,
                 fmt::format("\"{}\" is no address", Printable(target.ip))};
  }
  const std::string host =
      address->is_v4() ? address->ToString() : fmt::format("[{}]", address->ToString());
  HttpRequest request;
  request.url =
      fmt::format("{}://{}:{}{}", scrape_.tls ? "https" : "http", host, scrape_.port, scrape_.path);
  request.headers.emplace_back("Accept", ExpositionAccept());
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  request.accepts_gzip = false;  // Within a cluster bytes cost less than gzip.
  return request;
}

Status ScrapeCollector::Take(const Target& target, const Result<HttpResponse>& response,
                             Timestamp now) const {
  if (!response) return response.error();
  if (response->status != 200) return StatusError(kWho, response->status);
  if (Status fits = CheckSize(kWho, *response, spec_.max_response_bytes); !fits) return fits;
  const Result<ExpositionFormat> format = FormatOfContentType(response->Header("content-type"));
  if (!format) return format.error();
  return memory_->Take(target.name, response->body, *format, now, target.population->wanted);
}

void ScrapeCollector::NoteFailure(const Target& target, const Error& error) const {
  memory_->SetFailed(target.name);
  Population& population = *target.population;
  if (population.failed++ > 0) return;
  population.first_failure = fmt::format("{}: {}", target.name.pod, error.message);
}

void ScrapeCollector::AskBatch(std::span<const Target> batch, Timestamp now,
                               Timestamp deadline) const {
  std::vector<HttpRequest> requests;
  std::vector<const Target*> asked;
  for (const Target& target : batch) {
    Result<HttpRequest> request = MakeRequest(target.name);
    if (!request) {
      NoteFailure(target, request.error());
      continue;
    }
    requests.push_back(*std::move(request));
    asked.push_back(&target);
  }
  const std::vector<Result<HttpResponse>> responses = http_.SendAll(requests, deadline);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const Status taken = Take(*asked[i], responses[i], now);
    if (!taken) NoteFailure(*asked[i], taken.error());
  }
}

// Each batch gets an equal part of the time, and what those before it have left over.
void ScrapeCollector::Ask(std::vector<Target> targets, const CollectContext& context) const {
  std::stable_partition(targets.begin(), targets.end(),
                        [this](const Target& target) { return !memory_->HasFailed(target.name); });
  const Duration time = std::min(context.deadline - context.now, spec_.timeout);
  const std::size_t at_once = std::max<std::size_t>(spec_.max_concurrent, 1);
  const auto batches = static_cast<std::int64_t>((targets.size() + at_once - 1) / at_once);
  std::span<const Target> rest = targets;
  for (std::int64_t i = 1; i <= batches; ++i) {
    const auto batch = rest.first(std::min(at_once, rest.size()));
    rest = rest.subspan(batch.size());
    if (context.stop.stop_requested()) {
      for (const Target& target : batch)
        NoteFailure(target, {ErrorCode::kUnavailable, "stopped before asking"});
      continue;
    }
    AskBatch(batch, context.now, context.now + time * i / batches);
  }
}

ReadingResult ScrapeCollector::Answer(const Population& population, ScrapedSeries series,
                                      Timestamp now) const {
  if (population.problem) return *population.problem;
  if (population.failed > 0) {
    return Error{ErrorCode::kUnavailable,
                 fmt::format("{}: {} of {} pods gave nothing, the first is {}", kWho,
                             population.failed, population.asked, population.first_failure)};
  }
  const Result<SelectorQuery> query = ParseSelectorQuery(series.expression);
  if (!query) return query.error();
  Result<std::vector<ScalarSample>> samples =
      AnswerFromPods(*query, std::move(series), population.size, scrape_.error_percent_most);
  if (!samples) return samples.error();
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values = *std::move(samples);
  return std::shared_ptr<const Reading>(std::move(reading));
}

std::vector<ReadingResult> ScrapeCollector::Collect(std::span<const MetricQuery> queries,
                                                    const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::map<std::string, Population> populations;
  std::vector<std::size_t> place(queries.size(), 0);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    Status can = CheckCanAnswer(kWho, queries[i], context);
    if (can) {
      const Result<SelectorQuery> parsed = ParseSelectorQuery(queries[i].expression);
      if (!parsed) {
        can = Error{parsed.error().code, fmt::format("{}: {}", kWho, parsed.error().message)};
      }
    }
    results.emplace_back(can ? Error{ErrorCode::kUnavailable, ""} : can.error());
    if (!can) continue;
    auto& series = populations[queries[i].ns].series;
    series.push_back({.expression = queries[i].expression});
    place[i] = series.size();
  }

  std::vector<Target> targets;
  for (auto& [ns, population] : populations) {
    for (ScrapedSeries& series : population.series)
      population.wanted.push_back(&series);
    FindTargets(ns, population, targets);
  }
  Ask(std::move(targets), context);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (place[i] == 0) continue;
    Population& population = populations[queries[i].ns];
    results[i] = Answer(population, std::move(population.series[place[i] - 1]), context.now);
  }
  return results;
}

}  // namespace hpaplus::collectors
