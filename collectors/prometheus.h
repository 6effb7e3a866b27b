#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Reads metrics with PromQL instant queries from anything that speaks the Prometheus HTTP API, as
/// of `context.now`. Equal queries of one batch are asked once; limits.maxConcurrent are under way
/// at a time. A long query is sent by POST, since there are limits to a URL.
///
/// A sample's time is the time that Prometheus evaluated the query at. Series whose target is gone
/// are not in the answer: Prometheus itself marks them as stale.
class PrometheusCollector final : public Collector {
 public:
  /// kInvalidArgument when the endpoint is none. The endpoint may have a path.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "prometheus"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  PrometheusCollector(const ResolvedSource& source, const CollectorDeps& deps);

  [[nodiscard]] HttpRequest MakeRequest(std::string_view expression, Timestamp now,
                                        Timestamp deadline) const;
  [[nodiscard]] std::vector<Result<HttpResponse>> Ask(std::span<const std::string> expressions,
                                                      const CollectContext& context) const;
  [[nodiscard]] ReadingResult Read(const Result<HttpResponse>& response, Timestamp now) const;

  const SourceSpec spec_;
  const std::string url_;
  const std::shared_ptr<const HttpAuth> auth_;
  HttpClient& http_;
  Executor& executor_;
};

}  // namespace hpaplus::collectors
