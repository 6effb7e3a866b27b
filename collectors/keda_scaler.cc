#include "collectors/keda_scaler.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "collectors/coalesce.h"
#include "collectors/grpc_calls.h"
#include "collectors/grpc_connection.h"
#include "collectors/http_answer.h"
#include "collectors/keda_query.h"
#include "collectors/keda_reply.h"
#include "collectors/shared_links.h"
#include "engine/base/mutex.h"
#include "proto/externalscaler.grpc.pb.h"

namespace hpaplus::collectors {
namespace {

constexpr std::string_view kWho = "external scaler";
constexpr Duration kSpecsFor = std::chrono::minutes(1);
constexpr std::size_t kSpecsKept = 1'000;  // Of so many metadata.

using Asks = KedaQuery::Asks;
using Names = std::vector<std::string>;

// Whom a question is about: what the scaler is told.
struct Subject {
  std::string ns;
  std::map<std::string, std::string> metadata;
  auto operator<=>(const Subject&) const = default;
};

struct Question {
  std::string ns;
  KedaQuery query;
  auto operator<=>(const Question&) const = default;
};

Result<Question> QuestionOf(const MetricQuery& query, const KedaScalerSource& options) {
  if (query.type != MetricType::kSource) {
    return Error{ErrorCode::kInvalidArgument,
                 "external scaler: only metrics of type Source are read"};
  }
  Result<KedaQuery> parsed = ParseKedaQuery(query.expression, options);
  if (!parsed) return parsed.error();
  return Question{query.ns, *std::move(parsed)};
}

Subject SubjectOf(const Question& question) {
  return {question.ns, question.query.metadata};
}

// One question's call: one of the two.
struct Call {
  externalscaler::ScaledObjectRef object;
  externalscaler::GetMetricsRequest metrics;
  externalscaler::GetMetricsResponse values;
  externalscaler::IsActiveResponse activity;
};

// The metric that a question means, out of those that there are.
Result<std::string> MetricOf(const KedaQuery& query, const Names& names) {
  if (query.asks == Asks::kOnlyMetric) {
    if (names.size() == 1) return names.front();
  } else if (std::ranges::find(names, query.metric) != names.end()) {
    return query.metric;
  }
  std::string known;
  for (const std::string& name : names)
    known += (known.empty() ? "" : ", ") + name;
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("external scaler: {}; it has {}",
                           query.asks == Asks::kOnlyMetric ? "it has several metrics"
                                                           : "there is no metric " + query.metric,
                           Printable(known))};
}

}  // namespace

class KedaScalerCollector::Link {
 public:
  static Result<std::shared_ptr<Link>> Create(const ResolvedSource& source,
                                              const EgressPolicy* egress) {
    auto endpoint = GrpcEndpoint::Create(kWho, source);
    if (!endpoint) return endpoint.error();
    return std::make_shared<Link>(source.spec, *std::move(endpoint), egress);
  }

  Link(const SourceSpec& spec, GrpcEndpoint endpoint, const EgressPolicy* egress)
      : spec_(spec),
        options_(spec.keda.value_or(KedaScalerSource())),
        connection_(kWho, std::move(endpoint), egress) {}

  [[nodiscard]] const KedaScalerSource& options() const { return options_; }

  // One result for each question, in order.
  std::vector<ReadingResult> Collect(std::span<const Question> questions,
                                     const CollectContext& context) {
    if (Status may = MayAsk(kWho, context); !may) return {questions.size(), may.error()};
    const GrpcRound round(kWho, connection_.endpoint(), context, spec_.timeout);
    const auto channel = connection_.Channel(round.Within(context));
    if (!channel) return {questions.size(), channel.error()};
    const auto stub = externalscaler::ExternalScaler::NewStub(*channel);
    const std::map<Subject, Result<Names>> names = Learn(questions, *stub, round, context.now);

    std::vector<ReadingResult> results(questions.size(), Error{});
    std::vector<std::size_t> open;
    std::vector<Call> calls;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      Result<Call> call = Prepare(questions[i], names);
      if (call) {
        open.push_back(i);
        calls.push_back(*std::move(call));
      } else {
        results[i] = call.error();
      }
    }
    const auto is_activity = [&](std::size_t i) {
      return questions[open[i]].query.asks == Asks::kActivity;
    };
    const std::vector<Status> done =
        round.Run(calls.size(), spec_.max_concurrent,
                  [&](std::size_t i, grpc::ClientContext& call_context, auto on_done) {
                    Call& call = calls[i];
                    if (is_activity(i)) {
                      stub->async()->IsActive(&call_context, &call.object, &call.activity,
                                              std::move(on_done));
                    } else {
                      stub->async()->GetMetrics(&call_context, &call.metrics, &call.values,
                                                std::move(on_done));
                    }
                  });
    for (std::size_t i = 0; i < calls.size(); ++i) {
      ReadingResult& result = results[open[i]];
      if (!done[i]) {
        connection_.Failed();
        result = done[i].error();
      } else if (is_activity(i)) {
        result = ReadKedaActivity(calls[i].activity.result(), context.now);
      } else {
        result = ReadKedaValues(calls[i].values, spec_.max_series, context.now);
      }
    }
    return results;
  }

 private:
  struct Known {
    Names names;
    Timestamp asked{};
  };

  // The metrics of all subjects whose metrics are asked for.
  std::map<Subject, Result<Names>> Learn(std::span<const Question> questions,
                                         externalscaler::ExternalScaler::Stub& stub,
                                         const GrpcRound& round, Timestamp now) {
    std::map<Subject, Result<Names>> names;
    std::vector<Subject> unknown;
    {
      const MutexLock lock(mutex_);
      if (known_.size() > kSpecsKept) known_.clear();
      std::erase_if(known_,
                    [&](const auto& entry) { return entry.second.asked <= now - kSpecsFor; });
      for (const Question& question : questions) {
        if (question.query.asks == Asks::kActivity) continue;
        Subject subject = SubjectOf(question);
        const auto known = known_.find(subject);
        if (known != known_.end()) {
          names.emplace(std::move(subject), known->second.names);
        } else if (names.emplace(subject, Error{}).second) {
          unknown.push_back(std::move(subject));
        }
      }
    }
    std::vector<externalscaler::ScaledObjectRef> requests;
    requests.reserve(unknown.size());
    for (const Subject& subject : unknown)
      requests.push_back(ObjectOf(subject));
    std::vector<externalscaler::GetMetricSpecResponse> responses(unknown.size());
    const std::vector<Status> done = round.Run(
        unknown.size(), spec_.max_concurrent,
        [&](std::size_t i, grpc::ClientContext& context, auto on_done) {
          stub.async()->GetMetricSpec(&context, &requests[i], &responses[i], std::move(on_done));
        });
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
      if (!done[i]) connection_.Failed();
      Result<Names> read = done[i] ? ReadKedaSpecs(responses[i]) : Result<Names>(done[i].error());
      if (read) known_.insert_or_assign(unknown[i], Known{*read, now});
      names.insert_or_assign(unknown[i], std::move(read));
    }
    return names;
  }

  [[nodiscard]] externalscaler::ScaledObjectRef ObjectOf(const Subject& subject) const {
    externalscaler::ScaledObjectRef object;
    object.set_name(options_.scaled_object.empty() ? spec_.name : options_.scaled_object);
    object.set_namespace_(subject.ns.empty() ? spec_.ns : subject.ns);
    *object.mutable_scalermetadata() = {subject.metadata.begin(), subject.metadata.end()};
    return object;
  }

  [[nodiscard]] Result<Call> Prepare(const Question& question,
                                     const std::map<Subject, Result<Names>>& names) const {
    Call call;
    const Subject subject = SubjectOf(question);
    if (question.query.asks == Asks::kActivity) {
      call.object = ObjectOf(subject);
      return call;
    }
    const Result<Names>& known = names.at(subject);
    if (!known) return known.error();
    const Result<std::string> metric = MetricOf(question.query, *known);
    if (!metric) return metric.error();
    *call.metrics.mutable_scaledobjectref() = ObjectOf(subject);
    call.metrics.set_metricname(*metric);
    return call;
  }

  const SourceSpec spec_;
  const KedaScalerSource options_;
  GrpcConnection connection_;
  Mutex mutex_;
  std::map<Subject, Known> known_ HPAPLUS_GUARDED_BY(mutex_);
};

CollectorFactory KedaScalerCollector::Factory() {
  auto links = std::make_shared<SharedLinks<Link>>();
  return [links](const ResolvedSource& source,
                 const CollectorDeps& deps) -> Result<std::unique_ptr<Collector>> {
    Result<std::shared_ptr<Link>> link = links->Get(source, deps.egress);
    if (!link) return link.error();
    return std::unique_ptr<Collector>(new KedaScalerCollector(*std::move(link)));
  };
}

KedaScalerCollector::KedaScalerCollector(std::shared_ptr<Link> link) : link_(std::move(link)) {}
KedaScalerCollector::~KedaScalerCollector() = default;

std::vector<ReadingResult> KedaScalerCollector::Collect(std::span<const MetricQuery> queries,
                                                        const CollectContext& context) {
  std::vector<Result<Question>> questions;
  questions.reserve(queries.size());
  for (const MetricQuery& query : queries)
    questions.push_back(QuestionOf(query, link_->options()));
  return AskDistinct(std::move(questions), [&](const std::vector<Question>& distinct) {
    return link_->Collect(distinct, context);
  });
}

}  // namespace hpaplus::collectors
