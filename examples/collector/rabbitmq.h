#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// How many messages wait in the queues of a RabbitMQ, as its management plug-in tells it. A query
/// is "VHOST/QUEUE", and "/QUEUE" for the virtual host "/". All queries of a batch share one
/// GET /api/queues. The list has no times, so a sample's time is when it was asked for.
class RabbitMqCollector final : public Collector {
 public:
  /// kInvalidArgument when the endpoint is none: http://host:15672.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "rabbitmq"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  RabbitMqCollector(const ResolvedSource& source, HttpClient& http);

  [[nodiscard]] Result<HttpResponse> Ask(const CollectContext& context) const;

  const SourceSpec spec_;
  const std::shared_ptr<const HttpAuth> auth_;
  HttpClient& http_;
};

}  // namespace hpaplus::collectors
