#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Reads numbers out of a JSON document that a service shows at one URL: a queue's depth, the
/// orders under way. A query is the path of its number, see ParseJsonPath. All queries of a batch
/// share one GET. The document says nothing about time, so a sample's time is when it was asked
/// for; the Date and Age headers are ignored.
class BusinessMonitorCollector final : public Collector {
 public:
  /// kInvalidArgument when the endpoint is none. It is asked as it stands, query string included.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "business monitor"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  BusinessMonitorCollector(const ResolvedSource& source, const CollectorDeps& deps);

  [[nodiscard]] Result<HttpResponse> Ask(const CollectContext& context) const;

  const SourceSpec spec_;
  const std::shared_ptr<const HttpAuth> auth_;
  HttpClient& http_;
};

}  // namespace hpaplus::collectors
