#include "collectors/prometheus.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "collectors/coalesce.h"
#include "collectors/http_answer.h"
#include "collectors/prometheus_query.h"
#include "collectors/prometheus_reply.h"
#include "engine/base/mutex.h"
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

std::string ParametersOf(const PrometheusSource& options) {
  std::string text;
  for (const auto& [key, value] : options.query_parameters)
    text += fmt::format("&{}={}", PercentEncode(key), PercentEncode(value));
  return text;
}

// For so long the past of a group is given again: objects are first seen one after the other.
constexpr Duration kPastRefresh = std::chrono::minutes(1);

std::vector<Duration> RefreshOf(const SourceSpec& spec, bool past) {
  std::vector<Duration> refresh;
  if (!spec.prometheus) return refresh;
  for (const PrometheusGroup& group : spec.prometheus->groups)
    refresh.push_back(past ? kPastRefresh : group.refresh);
  return refresh;
}

Status CheckSource(const SourceSpec& spec) {
  if (Status ok = CheckEndpoint(kWho, spec.endpoint); !ok) return ok;
  if (spec.endpoint.find('?') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "prometheus: the endpoint has a query string"};
  }
  return Done{};
}

}  // namespace

// What a batch comes down to. Each query is one of three: a question to a group, a question of its
// own, or an error.
struct PrometheusCollector::Plan {
  struct Query {
    std::optional<GroupQuestion> group;
    std::size_t question = 0;  // Without a group: in `questions`, unless there is a problem.
    std::optional<Error> problem;
  };
  std::vector<Query> queries;
  std::vector<std::string> questions;  // Each once.
  std::vector<bool> with_times;        // Of questions.
  GroupAnswers groups;                 // Those that are asked for.
};

PrometheusCollector::Boards::Boards(const SourceSpec& spec)
    : present(RefreshOf(spec, false), spec.timeout), past(RefreshOf(spec, true), spec.timeout) {}

// The boards that collectors have at present, by the source that they are for.
class PrometheusCollector::BoardTable {
 public:
  std::shared_ptr<Boards> For(const SourceSpec& spec) {
    const MutexLock lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) { return entry.boards.expired(); });
    for (const Entry& entry : entries_) {
      // Of another version of the source the questions may be others.
      std::shared_ptr<Boards> boards = entry.boards.lock();
      if (boards && entry.spec == spec) return boards;
    }
    auto made = std::make_shared<Boards>(spec);
    entries_.push_back({spec, made});
    return made;
  }

 private:
  struct Entry {
    SourceSpec spec;
    std::weak_ptr<Boards> boards;
  };
  Mutex mutex_;
  std::vector<Entry> entries_ HPAPLUS_GUARDED_BY(mutex_);
};

CollectorFactory PrometheusCollector::Factory() {
  return [boards = std::make_shared<BoardTable>()](
             const ResolvedSource& source,
             const CollectorDeps& deps) -> Result<std::unique_ptr<Collector>> {
    if (Status ok = CheckSource(source.spec); !ok) return ok.error();
    return std::unique_ptr<Collector>(
        new PrometheusCollector(source, deps, boards->For(source.spec)));
  };
}

Result<std::unique_ptr<Collector>> PrometheusCollector::Create(const ResolvedSource& source,
                                                               const CollectorDeps& deps) {
  return Factory()(source, deps);
}

PrometheusCollector::PrometheusCollector(const ResolvedSource& source, const CollectorDeps& deps,
                                         std::shared_ptr<Boards> boards)
    : spec_(source.spec),
      options_(source.spec.prometheus.value_or(PrometheusSource())),
      url_(QueryUrl(source.spec.endpoint)),
      parameters_(ParametersOf(options_)),
      auth_(std::make_shared<const HttpAuth>(source.auth)),
      boards_(std::move(boards)),
      http_(deps.http),
      executor_(deps.executor),
      sizes_(options_.groups.size()) {}

PrometheusCollector::Plan PrometheusCollector::MakePlan(
    std::span<const MetricQuery> queries) const {
  Plan plan;
  plan.queries.resize(queries.size());
  std::vector<std::string> questions;
  std::vector<bool> with_times;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const MetricQuery& query = queries[i];
    Plan::Query& planned = plan.queries[i];
    if (query.type != MetricType::kSource || query.expression.empty()) {
      planned.problem = Error{ErrorCode::kInvalidArgument,
                              query.type == MetricType::kSource
                                  ? "prometheus: the query is empty"
                                  : "prometheus: only metrics of type Source are read"};
      continue;
    }
    auto group = FindGroup(spec_, query);
    if (!group) {
      planned.problem = group.error();
    } else if (*group) {
      planned.group = **std::move(group);
      plan.groups.try_emplace(planned.group->group,
                              Error{ErrorCode::kUnavailable, "prometheus: not asked yet"});
    } else {
      const std::string expression = QuestionFor(query.expression, {}, options_.sample_time);
      with_times.push_back(expression.size() != query.expression.size());
      planned.question = questions.size();
      questions.push_back(QuestionOf(expression, query.ns));
    }
  }
  Coalesced asked = Coalesce(questions);
  plan.questions = std::move(asked.distinct);
  plan.with_times.resize(plan.questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i)
    plan.with_times[asked.answer_of[i]] = with_times[i];
  for (Plan::Query& planned : plan.queries) {
    if (!planned.group && !planned.problem) planned.question = asked.answer_of[planned.question];
  }
  return plan;
}

std::string PrometheusCollector::QuestionOf(std::string_view expression,
                                            const std::string& ns) const {
  std::string question = "query=" + PercentEncode(expression);
  if (options_.namespace_parameter.empty()) return question;
  return question +
         fmt::format("&{}={}", PercentEncode(options_.namespace_parameter), PercentEncode(ns));
}

HttpRequest PrometheusCollector::MakeRequest(std::string_view question, Api api, Timestamp now,
                                             Timestamp deadline) const {
  std::string form(question);
  if (api == Api::kInstant) form += "&time=" + Seconds(now.time_since_epoch());
  // Prometheus gives up when we do, instead of computing for nobody.
  form += "&timeout=" + Seconds(deadline - now) + parameters_;
  const std::string url = api == Api::kInstant ? url_ : url_ + "_range";
  HttpRequest request;
  request.auth = auth_;
  request.max_response_bytes = spec_.max_response_bytes;
  request.accepts_gzip = false;  // Numbers: Prometheus would spend more on gzip than on them.
  request.headers.emplace_back("Accept", "application/json");
  if (url.size() + 1 + form.size() <= kLongestUrl) {
    request.url = url + "?" + form;
  } else {
    request.method = "POST";
    request.url = url;
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = std::move(form);
  }
  return request;
}

std::vector<Result<HttpResponse>> PrometheusCollector::Ask(std::span<const std::string> questions,
                                                           Api api,
                                                           const CollectContext& context) const {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  if (deadline <= context.now) {
    return {questions.size(), Error{ErrorCode::kDeadlineExceeded, "no time is left to ask"}};
  }
  const std::size_t at_once = std::max<std::size_t>(spec_.max_concurrent, 1);
  std::vector<Result<HttpResponse>> responses;
  responses.reserve(questions.size());
  std::vector<HttpRequest> requests;
  while (responses.size() != questions.size() && !context.stop.stop_requested()) {
    const auto rest = questions.subspan(responses.size());
    requests.clear();
    for (const std::string& question : rest.first(std::min(at_once, rest.size())))
      requests.push_back(MakeRequest(question, api, context.now, deadline));
    std::ranges::move(http_.SendAll(requests, deadline), std::back_inserter(responses));
  }
  responses.resize(questions.size(), Error{ErrorCode::kUnavailable, "stopped before asking"});
  return responses;
}

Result<std::string_view> PrometheusCollector::BodyOf(const Result<HttpResponse>& response) const {
  if (!response) {
    return Error{response.error().code, fmt::format("{}: {}", kWho, response.error().message)};
  }
  if (Status ok = CheckSize(kWho, *response, spec_.max_response_bytes); !ok) return ok.error();
  const Status is_json = CheckJsonType(kWho, *response);
  if (response->status != 200) {
    // With a status of 400 and above Prometheus says why in the same envelope; a proxy does not.
    const Status said =
        is_json ? ReadPrometheusReply(response->body, {}, {}, [](const auto&) {}) : is_json;
    const bool explained = !said && said.error().code != ErrorCode::kMalformedData;
    return explained ? said.error() : StatusError(kWho, response->status);
  }
  if (!is_json) return is_json.error();
  return std::string_view(response->body);
}

ReadingResult PrometheusCollector::Read(const Result<HttpResponse>& response, bool with_times,
                                        Timestamp now) const {
  const Result<std::string_view> body = BodyOf(response);
  if (!body) return body.error();
  Result<std::vector<ScalarSample>> samples =
      ParsePrometheusReply(*body, Limits(Api::kInstant), with_times);
  if (!samples) return samples.error();
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  reading->values = std::move(*samples);
  return std::shared_ptr<const Reading>(std::move(reading));
}

GroupAnswer PrometheusCollector::ReadGroup(const Result<HttpResponse>& response,
                                           const PrometheusGroup& group, std::size_t expected,
                                           Timestamp now) const {
  const Result<std::string_view> body = BodyOf(response);
  if (!body) return body.error();
  auto samples = std::make_shared<GroupedSamples>(now, expected);
  const bool with_times =
      QuestionFor(group.query, group.timestamp, options_.sample_time) != group.query;
  const Status read =
      ReadPrometheusReply(*body, group.by, Limits(Api::kInstant), [&](const ReplySeries& series) {
        if (with_times && series.is_time) {
          samples->AddTime(series.key, TimeOf(series.sample));
        } else {
          samples->Add(series.key, series.sample);
        }
      });
  if (!read) {
    return Error{read.error().code, fmt::format("{} (group {})", read.error().message, group.name)};
  }
  if (with_times) samples->ApplyTimes();
  return std::shared_ptr<const GroupedSamples>(std::move(samples));
}

void PrometheusCollector::AskGroups(std::span<const std::size_t> groups,
                                    const CollectContext& context, GroupAnswers& answers) {
  std::vector<std::string> questions;
  for (const std::size_t index : groups) {
    const PrometheusGroup& group = options_.groups[index];
    questions.push_back(
        "query=" + PercentEncode(QuestionFor(group.query, group.timestamp, options_.sample_time)));
  }
  const std::vector<Result<HttpResponse>> responses = Ask(questions, Api::kInstant, context);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const std::size_t index = groups[i];
    GroupAnswer answer =
        ReadGroup(responses[i], options_.groups[index], sizes_[index], context.now);
    if (answer) sizes_[index] = (*answer)->size();
    boards_->present.Post(index, context.now, answer);
    answers.insert_or_assign(index, std::move(answer));
  }
}

void PrometheusCollector::AnswerGroups(const CollectContext& context, Plan& plan) {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  std::vector<std::size_t> ours;
  std::vector<std::pair<std::size_t, std::size_t>> theirs;
  for (auto& [index, answer] : plan.groups) {
    GroupBoard::Place place = boards_->present.Look(index, context.now, deadline);
    switch (place.kind) {
      case GroupBoard::Place::Kind::kAnswer:
        answer = std::move(place.answer);
        break;
      case GroupBoard::Place::Kind::kAsk:
        ours.push_back(index);
        break;
      case GroupBoard::Place::Kind::kWait:
        theirs.emplace_back(index, place.ticket);
        break;
    }
  }
  if (!ours.empty()) AskGroups(ours, context, plan.groups);
  for (const auto& [index, ticket] : theirs) {
    plan.groups.insert_or_assign(
        index, boards_->present.Await(index, ticket, deadline - context.now, context.stop));
  }
}

std::vector<ReadingResult> PrometheusCollector::AskPlain(const Plan& plan,
                                                         const CollectContext& context) const {
  const std::vector<Result<HttpResponse>> responses = Ask(plan.questions, Api::kInstant, context);
  // Parsing is what collecting costs in CPU time: one reply is one chunk, each with its own slot.
  std::vector<ReadingResult> readings(
      responses.size(), Error{ErrorCode::kUnavailable, "prometheus: the reply was not read"});
  executor_.ForEachChunk(responses.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i != end; ++i)
      readings[i] = Read(responses[i], plan.with_times[i], context.now);
  });
  return readings;
}

std::vector<ReadingResult> PrometheusCollector::Collect(std::span<const MetricQuery> queries,
                                                        const CollectContext& context) {
  if (past_asked_ != Timestamp() && context.now - past_asked_ > 2 * kPastRefresh) {
    boards_->past.Forget(context.now - kPastRefresh);
    past_asked_ = {};
  }
  const auto is_of_past = [](const MetricQuery& query) { return query.past > Duration(); };
  if (std::ranges::none_of(queries, is_of_past)) return CollectPresent(queries, context);
  std::vector<MetricQuery> present;
  std::vector<MetricQuery> past;
  for (const MetricQuery& query : queries)
    (is_of_past(query) ? past : present).push_back(query);
  std::vector<ReadingResult> of_present = CollectPresent(present, context);
  // Some time is kept for handing over the present, should the past not come.
  const Duration time = context.deadline - context.now;
  std::vector<ReadingResult> of_past =
      CollectPast(past, {context.now, context.now + time * 3 / 4, context.stop});
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  std::size_t taken = 0;
  for (const MetricQuery& query : queries) {
    const std::size_t i = results.size();
    results.push_back(std::move(is_of_past(query) ? of_past[taken] : of_present[i - taken]));
    if (is_of_past(query)) ++taken;
  }
  return results;
}

ReplyLimits PrometheusCollector::Limits(Api api) const {
  return {spec_.max_series, options_.accepts_partial,
          api == Api::kRange ? kPastPointsMost : std::size_t{0}};
}

std::vector<ReadingResult> PrometheusCollector::CollectPresent(std::span<const MetricQuery> queries,
                                                               const CollectContext& context) {
  if (queries.empty()) return {};
  Plan plan = MakePlan(queries);
  AnswerGroups(context, plan);
  const std::vector<ReadingResult> readings = AskPlain(plan, context);

  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  for (const Plan::Query& planned : plan.queries) {
    if (planned.problem) {
      results.push_back(*planned.problem);
    } else if (!planned.group) {
      results.push_back(readings[planned.question]);
    } else if (const GroupAnswer& answer = plan.groups.at(planned.group->group); answer) {
      results.push_back((*answer)->Find(planned.group->key));
    } else {
      results.push_back(answer.error());
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
