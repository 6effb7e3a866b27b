#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/group_board.h"
#include "collectors/prometheus_reply.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Reads metrics with PromQL instant queries from anything that speaks the Prometheus HTTP API, as
/// of `context.now`. Equal queries of one batch are asked once; limits.maxConcurrent are under way
/// at a time. A long query is sent by POST, since there are limits to a URL.
///
/// A query that names a group of the source is looked up in that group's answer, which all
/// collectors of the source share: what it costs is a look-up, however many objects there are. A
/// group is asked before everything else, so that no object's own query delays the others.
///
/// The past (MetricQuery::past) is asked for with range queries, on a grid of at most 120 steps
/// that ends a step before now: one for each distinct query, and one for a group, however many
/// objects ask for their part of it within a minute.
///
/// A sample's time is the time of the sample in Prometheus where that can be asked (see
/// QuestionFor()), and otherwise the time that Prometheus evaluated the query at. Series whose
/// target is gone are not in the answer: Prometheus itself marks them as stale.
class PrometheusCollector final : public Collector {
 public:
  /// Makes collectors, those of one source with one board. kInvalidArgument when the endpoint is
  /// none. The endpoint may have a path. Thread-safe.
  [[nodiscard]] static CollectorFactory Factory();

  /// One collector with a board of its own.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "prometheus"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  struct Plan;
  using GroupAnswers = std::map<std::size_t, GroupAnswer>;

  // What the collectors of one source share.
  struct Boards {
    explicit Boards(const SourceSpec& spec);
    GroupBoard present;
    GroupBoard past;
  };
  class BoardTable;
  enum class Api { kInstant, kRange };

  PrometheusCollector(const ResolvedSource& source, const CollectorDeps& deps,
                      std::shared_ptr<Boards> boards);

  [[nodiscard]] std::vector<ReadingResult> CollectPresent(std::span<const MetricQuery> queries,
                                                          const CollectContext& context);
  // prometheus_past.cc
  [[nodiscard]] std::vector<ReadingResult> CollectPast(std::span<const MetricQuery> queries,
                                                       const CollectContext& context);
  [[nodiscard]] GroupAnswer AskPastOfGroup(std::size_t index, Duration length,
                                           const CollectContext& context);
  [[nodiscard]] ReadingResult ReadPast(const Result<HttpResponse>& response, Timestamp now) const;

  [[nodiscard]] Plan MakePlan(std::span<const MetricQuery> queries) const;
  [[nodiscard]] std::string QuestionOf(std::string_view expression, const std::string& ns) const;
  [[nodiscard]] HttpRequest MakeRequest(std::string_view question, Api api, Timestamp now,
                                        Timestamp deadline) const;
  [[nodiscard]] std::vector<Result<HttpResponse>> Ask(std::span<const std::string> questions,
                                                      Api api, const CollectContext& context) const;
  void AnswerGroups(const CollectContext& context, Plan& plan);
  void AskGroups(std::span<const std::size_t> groups, const CollectContext& context,
                 GroupAnswers& answers);
  [[nodiscard]] std::vector<ReadingResult> AskPlain(const Plan& plan,
                                                    const CollectContext& context) const;
  [[nodiscard]] Result<std::string_view> BodyOf(const Result<HttpResponse>& response) const;
  [[nodiscard]] ReadingResult Read(const Result<HttpResponse>& response, bool with_times,
                                   Timestamp now) const;
  [[nodiscard]] GroupAnswer ReadGroup(const Result<HttpResponse>& response,
                                      const PrometheusGroup& group, std::size_t expected,
                                      Timestamp now) const;
  [[nodiscard]] ReplyLimits Limits(Api api) const;

  const SourceSpec spec_;
  const PrometheusSource options_;
  const std::string url_;
  const std::string parameters_;  // Of every query, each with an ampersand before it.
  const std::shared_ptr<const HttpAuth> auth_;
  const std::shared_ptr<Boards> boards_;
  HttpClient& http_;
  Executor& executor_;
  std::vector<std::size_t> sizes_;  // Of each group's newest answer.
  Timestamp past_asked_{};          // When the past of a group was last asked; the epoch: never.
};

}  // namespace hpaplus::collectors
