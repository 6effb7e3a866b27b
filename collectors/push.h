#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/selector_query.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"
#include "engine/ports/pushed_samples.h"

namespace hpaplus::collectors {

/// Answers from what has been pushed to its source. Nobody is asked anything, so it never waits.
///
/// A query is a SelectorQuery. The number of a series is its newest sample, with the time that the
/// sender gave it: one that has fallen silent gets older, and is never made up. rate() needs two
/// samples of its range.
class PushCollector final : public Collector {
 public:
  static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                   const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "push"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  // A query taken apart, and the series that it selected when it was last asked.
  struct Known {
    Result<SelectorQuery> query = Error();
    std::shared_ptr<const PushedCatalog> catalog;
    std::vector<std::uint64_t> series;
  };

  PushCollector(SourceName source, const PushedSamples& pushed);

  [[nodiscard]] ReadingResult Answer(const MetricQuery& query,
                                     const std::shared_ptr<const PushedCatalog>& catalog,
                                     Timestamp now);
  [[nodiscard]] Known& Look(const std::string& expression,
                            const std::shared_ptr<const PushedCatalog>& catalog);
  [[nodiscard]] std::vector<ScalarSample> Read(const Known& known, Timestamp now) const;

  const SourceName source_;
  const PushedSamples& pushed_;
  std::map<std::string, Known> known_;
};

}  // namespace hpaplus::collectors
