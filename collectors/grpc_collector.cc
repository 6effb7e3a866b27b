#include "collectors/grpc_collector.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <grpcpp/grpcpp.h>

#include "collectors/coalesce.h"
#include "collectors/grpc_calls.h"
#include "collectors/grpc_connection.h"
#include "collectors/http_answer.h"
#include "collectors/plugin_reply.h"
#include "collectors/plugin_stream.h"
#include "collectors/shared_links.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "proto/collector.grpc.pb.h"

namespace hpaplus::collectors {
namespace {

namespace v1 = collector::v1;

constexpr std::string_view kWho = "plug-in";
constexpr std::size_t kBatchMost = 1'000;                 // Queries in one call.
constexpr Duration kAskAfter = std::chrono::seconds(15);  // Of silence of a stream.

// What the plug-in said about itself, as far as it matters here.
struct Description {
  bool collects = false;
  bool streams = false;
  std::size_t batch_most = kBatchMost;
  std::size_t stream_most = 0;  // 0: no limit.
};

Result<PluginQuery> QuestionOf(const MetricQuery& query) {
  if (query.type != MetricType::kSource) {
    return Error{ErrorCode::kInvalidArgument, "plug-in: only metrics of type Source are read"};
  }
  if (query.expression.empty()) {
    return Error{ErrorCode::kInvalidArgument, "plug-in: the query is empty"};
  }
  return PluginQuery{query.ns, query.expression};
}

// The calls for some queries, and what came back.
struct Batch {
  v1::CollectRequest request;
  v1::CollectResponse response;
};

}  // namespace

class GrpcCollector::Link {
 public:
  static Result<std::shared_ptr<Link>> Create(const ResolvedSource& source,
                                              const EgressPolicy* egress) {
    auto endpoint = GrpcEndpoint::Create(kWho, source);
    if (!endpoint) return endpoint.error();
    return std::make_shared<Link>(source.spec, *std::move(endpoint), egress);
  }

  Link(const SourceSpec& spec, GrpcEndpoint endpoint, const EgressPolicy* egress)
      : spec_(spec),
        options_(spec.grpc.value_or(GrpcSource())),
        connection_(kWho, std::move(endpoint), egress) {
    if (options_.stream) stream_.emplace(spec_, connection_.endpoint());
  }

  // One result for each query, in order.
  std::vector<ReadingResult> Collect(std::span<const PluginQuery> queries,
                                     const CollectContext& context) {
    if (Status may = MayAsk(kWho, context); !may) return {queries.size(), may.error()};
    const GrpcRound round(kWho, connection_.endpoint(), context, spec_.timeout);
    const auto channel = connection_.Channel(round.Within(context));
    std::unique_ptr<v1::Collector::Stub> stub;
    if (channel) stub = v1::Collector::NewStub(*channel);
    const Result<Description> description =
        stub != nullptr ? Describe(*stub, round) : Result<Description>(channel.error());

    std::vector<ReadingResult> results(queries.size(), Error{});
    std::vector<std::size_t> open(queries.size());  // Not answered yet.
    std::iota(open.begin(), open.end(), std::size_t{0});
    if (stream_) {
      if (description && description->streams) {
        stream_->Follow(queries, context.now, description->stream_most, *channel);
      }
      TakePushed(queries, description && description->collects, context.now, results, open);
    }
    if (!description) {
      for (const std::size_t i : open)
        results[i] = description.error();
    } else if (!description->collects) {
      for (const std::size_t i : open)
        results[i] = NothingPushed(description->streams);
    } else {
      Ask({*stub, *description, round, context.now}, queries, open, results);
    }
    return results;
  }

 private:
  // Asked once, and again after the connection was lost: another plug-in may have come.
  Result<Description> Describe(v1::Collector::Stub& stub, const GrpcRound& round) {
    {
      const MutexLock lock(mutex_);
      if (description_) return *description_;
    }
    v1::DescribeRequest request;
    v1::DescribeResponse response;
    *request.mutable_parameters() = {options_.parameters.begin(), options_.parameters.end()};
    const std::vector<Status> done =
        round.Run(1, 1, [&](std::size_t /*index*/, grpc::ClientContext& context, auto on_done) {
          stub.async()->Describe(&context, &request, &response, std::move(on_done));
        });
    if (!done.front()) {
      connection_.Failed();
      return done.front().error();
    }
    const Description read = Read(response);
    HPAPLUS_LOG(kInfo, "plug-in connected",
                {{"source", NameOf(spec_)},
                 {"name", Printable(response.name())},
                 {"version", Printable(response.version())}});
    const MutexLock lock(mutex_);
    description_ = read;
    return read;
  }

  static Description Read(const v1::DescribeResponse& response) {
    Description read;
    read.collects = response.capabilities().collect();
    read.streams = response.capabilities().stream();
    const std::size_t most = response.limits().max_queries();
    if (most != 0) read.batch_most = std::min(most, kBatchMost);
    read.stream_most = response.limits().max_stream_queries();
    return read;
  }

  // A call failed: another plug-in may come, and somewhere else.
  void Forget() {
    connection_.Failed();
    const MutexLock lock(mutex_);
    description_.reset();
  }

  // What has been pushed is no longer open.
  void TakePushed(std::span<const PluginQuery> queries, bool can_ask, Timestamp now,
                  std::vector<ReadingResult>& results, std::vector<std::size_t>& open) {
    const Duration max_age = can_ask ? kAskAfter : Duration::max();
    std::erase_if(open, [&](std::size_t i) {
      std::optional<ReadingResult> newest = stream_->Newest(queries[i], now, max_age);
      if (!newest) return false;
      results[i] = *std::move(newest);
      return true;
    });
  }

  // Why there is nothing for a query that cannot be asked.
  [[nodiscard]] Error NothingPushed(bool streams) const {
    if (!streams) {
      return {ErrorCode::kInvalidArgument,
              "plug-in: it says that it can neither be asked nor push"};
    }
    if (!stream_) {
      return {ErrorCode::kInvalidArgument,
              "plug-in: it only pushes, so spec.grpc.mode has to be Stream"};
    }
    const std::string problem = stream_->problem();
    return {ErrorCode::kUnavailable,
            problem.empty() ? "plug-in: it has not pushed anything for this query yet" : problem};
  }

  struct Asking {
    v1::Collector::Stub& stub;
    const Description& description;
    const GrpcRound& round;
    Timestamp now;
  };

  void Ask(const Asking& asking, std::span<const PluginQuery> queries,
           std::span<const std::size_t> open, std::vector<ReadingResult>& results) {
    const std::size_t size = asking.description.batch_most;
    std::vector<Batch> batches((open.size() + size - 1) / size);
    for (std::size_t i = 0; i < open.size(); ++i) {
      v1::Query& query = *batches[i / size].request.add_queries();
      query.set_expression(queries[open[i]].expression);
      query.set_namespace_(queries[open[i]].ns);
    }
    for (Batch& batch : batches) {
      *batch.request.mutable_parameters() = {options_.parameters.begin(),
                                             options_.parameters.end()};
    }
    const std::vector<Status> done =
        asking.round.Run(batches.size(), spec_.max_concurrent,
                         [&](std::size_t i, grpc::ClientContext& context, auto on_done) {
                           asking.stub.async()->Collect(&context, &batches[i].request,
                                                        &batches[i].response, std::move(on_done));
                         });
    for (std::size_t b = 0; b < batches.size(); ++b) {
      const auto of_batch = open.subspan(b * size, std::min(size, open.size() - b * size));
      const Result<std::vector<ReadingResult>> readings =
          done[b] ? ReadPluginBatch(batches[b].response, of_batch.size(),
                                    {spec_.max_series, asking.now})
                  : Result<std::vector<ReadingResult>>(done[b].error());
      if (!done[b]) Forget();
      for (std::size_t i = 0; i < of_batch.size(); ++i)
        results[of_batch[i]] = readings ? (*readings)[i] : ReadingResult(readings.error());
    }
  }

  const SourceSpec spec_;
  const GrpcSource options_;
  GrpcConnection connection_;
  Mutex mutex_;
  std::optional<Description> description_ HPAPLUS_GUARDED_BY(mutex_);
  std::optional<PluginStream> stream_;  // Constant once made.
};

CollectorFactory GrpcCollector::Factory() {
  auto links = std::make_shared<SharedLinks<Link>>();
  return [links](const ResolvedSource& source,
                 const CollectorDeps& deps) -> Result<std::unique_ptr<Collector>> {
    Result<std::shared_ptr<Link>> link = links->Get(source, deps.egress);
    if (!link) return link.error();
    return std::unique_ptr<Collector>(new GrpcCollector(*std::move(link)));
  };
}

GrpcCollector::GrpcCollector(std::shared_ptr<Link> link) : link_(std::move(link)) {}
GrpcCollector::~GrpcCollector() = default;

std::vector<ReadingResult> GrpcCollector::Collect(std::span<const MetricQuery> queries,
                                                  const CollectContext& context) {
  std::vector<Result<PluginQuery>> questions;
  questions.reserve(queries.size());
  for (const MetricQuery& query : queries)
    questions.push_back(QuestionOf(query));
  return AskDistinct(std::move(questions), [&](const std::vector<PluginQuery>& distinct) {
    return link_->Collect(distinct, context);
  });
}

}  // namespace hpaplus::collectors
