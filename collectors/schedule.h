#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/source_cron.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// A number by the clock, as KEDA's cron scaler has it: a query names a window of the source, and
/// the answer is the window's number while its next end comes no later than its next start, and 0
/// otherwise. Asks nobody; knows no time but the context's.
class ScheduleCollector final : public Collector {
 public:
  /// kInvalidArgument without windows.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "schedule"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  explicit ScheduleCollector(CronSource cron) : cron_(std::move(cron)) {}

  const CronSource cron_;
};

}  // namespace hpaplus::collectors
