// The past of metrics: the other half of PrometheusCollector.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/coalesce.h"
#include "collectors/prometheus.h"
#include "collectors/prometheus_query.h"
#include "collectors/prometheus_reply.h"
#include "engine/base/url.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::seconds;

constexpr Duration kGroupLeast = std::chrono::minutes(5);

// "&start=...&end=...&step=...": on a grid, so that equal windows are equal questions and all
// metrics are known of the same moments. The newest sample is left to the present.
std::string RangeOf(Timestamp now, Duration length) {
  constexpr auto kSteps = static_cast<std::int64_t>(kPastPointsMost - 1);
  const seconds step = std::max(seconds(1), std::chrono::ceil<seconds>(length / kSteps));
  const std::int64_t end = now.time_since_epoch() / step - 1;
  const std::int64_t count = std::min<std::int64_t>(length / step, kSteps);
  return fmt::format("&start={}&end={}&step={}", (end - count) * step.count(), end * step.count(),
                     step.count());
}

// Oldest first, of one series.
ReadingResult InOrder(Reading reading) {
  std::ranges::sort(reading.values, {}, &ScalarSample::at);
  if (std::ranges::adjacent_find(reading.values, {}, &ScalarSample::at) != reading.values.end()) {
    return Error{ErrorCode::kMalformedData, "prometheus: several series have a past"};
  }
  return std::make_shared<const Reading>(std::move(reading));
}

}  // namespace

ReadingResult PrometheusCollector::ReadPast(const Result<HttpResponse>& response,
                                            Timestamp now) const {
  const Result<std::string_view> body = BodyOf(response);
  if (!body) return body.error();
  Result<std::vector<ScalarSample>> samples =
      ParsePrometheusReply(*body, Limits(Api::kRange), false);
  if (!samples) return samples.error();
  Reading reading;
  reading.received = now;
  reading.values = *std::move(samples);
  return InOrder(std::move(reading));
}

GroupAnswer PrometheusCollector::AskPastOfGroup(std::size_t index, Duration length,
                                                const CollectContext& context) {
  const Timestamp deadline = std::min(context.deadline, context.now + spec_.timeout);
  const GroupBoard::Place place = boards_->past.Look(index, context.now, deadline);
  past_asked_ = context.now;
  if (place.kind == GroupBoard::Place::Kind::kAnswer) return place.answer;
  if (place.kind == GroupBoard::Place::Kind::kWait) {
    return boards_->past.Await(index, place.ticket, deadline - context.now, context.stop);
  }
  const PrometheusGroup& group = options_.groups[index];
  const std::string question =
      "query=" + PercentEncode(group.query) + RangeOf(context.now, std::max(length, kGroupLeast));
  const auto responses = Ask({&question, 1}, Api::kRange, context);
  GroupAnswer answer = [&]() -> GroupAnswer {
    const Result<std::string_view> body = BodyOf(responses.front());
    if (!body) return body.error();
    auto samples = std::make_shared<GroupedSamples>(context.now, sizes_[index]);
    const Status read = ReadPrometheusReply(
        *body, group.by, Limits(Api::kRange),
        [&](const ReplySeries& series) { samples->Add(series.key, series.sample); });
    if (!read) {
      return Error{read.error().code,
                   fmt::format("{} (the past of group {})", read.error().message, group.name)};
    }
    return std::shared_ptr<const GroupedSamples>(std::move(samples));
  }();
  boards_->past.Post(index, context.now, answer);
  return answer;
}

std::vector<ReadingResult> PrometheusCollector::CollectPast(std::span<const MetricQuery> queries,
                                                            const CollectContext& context) {
  std::vector<ReadingResult> results(
      queries.size(), Error{ErrorCode::kInvalidArgument, "prometheus: there is no query"});
  std::vector<std::string> questions;
  std::vector<std::size_t> asked_by;
  std::map<std::size_t, Duration> groups;  // The longest past that somebody asks for.
  std::vector<std::optional<GroupQuestion>> of_group(queries.size());
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const MetricQuery& query = queries[i];
    if (query.type != MetricType::kSource || query.expression.empty()) continue;
    auto group = FindGroup(spec_, query);
    if (!group) {
      results[i] = group.error();
    } else if (*group) {
      Duration& length = groups[(*group)->group];
      length = std::max(length, query.past);
      of_group[i] = **std::move(group);
    } else {
      asked_by.push_back(i);
      questions.push_back(QuestionOf(query.expression, query.ns) +
                          RangeOf(context.now, query.past));
    }
  }
  std::map<std::size_t, GroupAnswer> answers;
  for (const auto& [index, length] : groups)
    answers.emplace(index, AskPastOfGroup(index, length, context));
  for (std::size_t i = 0; i < queries.size(); ++i) {
    if (!of_group[i]) continue;
    const GroupAnswer& answer = answers.at(of_group[i]->group);
    results[i] = answer ? InOrder(*(*answer)->Find(of_group[i]->key)) : answer.error();
  }
  const Coalesced distinct = Coalesce(questions);
  const auto responses = Ask(distinct.distinct, Api::kRange, context);
  for (std::size_t i = 0; i < questions.size(); ++i)
    results[asked_by[i]] = ReadPast(responses[distinct.answer_of[i]], context.now);
  return results;
}

}  // namespace hpaplus::collectors
