#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Asks a collector that runs as a program of its own, by proto/collector.proto. The queries of a
/// batch are sent together, in as many calls as the plug-in wants, limits.maxConcurrent of them at
/// a time. With spec.grpc.mode Stream the plug-in pushes, and what it pushed is there at once; it
/// is asked for what it has not pushed for 15 seconds, if it can be asked.
///
/// All collectors of one source share one connection and one stream.
class GrpcCollector final : public Collector {
 public:
  /// A factory whose collectors share connections: kInvalidArgument when the endpoint or the
  /// credentials make no sense. It connects nowhere yet.
  [[nodiscard]] static CollectorFactory Factory();

  ~GrpcCollector() override;

  [[nodiscard]] std::string_view name() const override { return "plug-in"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  class Link;
  explicit GrpcCollector(std::shared_ptr<Link> link);

  const std::shared_ptr<Link> link_;
};

}  // namespace hpaplus::collectors
