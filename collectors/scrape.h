#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

class ScrapeMemory;
struct ScrapeTarget;
struct ScrapedSeries;

/// Asks pods for their metrics, as Prometheus would. A query is a SelectorQuery over the series of
/// all pods that the source selects in the namespace of the object that asks; one exposition of a
/// pod answers all queries of a batch.
///
/// A pod that does not answer, or not in the format, makes the number unknown: it is not counted as
/// zero, nor left out. With more pods than maxTargets a fixed sample of them is asked, a sum or a
/// count is estimated, and is unknown when it may be off by more than maxErrorPercent; max and min
/// are unknown then. The requests go out in batches of limits.maxConcurrent that share the time
/// there is, those who failed last time last: who hangs takes time from others who failed only.
class ScrapeCollector final : public Collector {
 public:
  /// Collectors of one source share what they remember: the counters of the previous scrapes.
  [[nodiscard]] static CollectorFactory Factory();
  ~ScrapeCollector() override;

  [[nodiscard]] std::string_view name() const override { return "scrape"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  struct Population;
  struct Target;

  ScrapeCollector(const ResolvedSource& source, const CollectorDeps& deps,
                  std::shared_ptr<ScrapeMemory> memory);

  void FindTargets(std::string_view ns, Population& population, std::vector<Target>& targets) const;
  void Ask(std::vector<Target> targets, const CollectContext& context) const;
  void AskBatch(std::span<const Target> batch, Timestamp now, Timestamp deadline) const;
  [[nodiscard]] Result<HttpRequest> MakeRequest(const ScrapeTarget& target) const;
  [[nodiscard]] Status Take(const Target& target, const Result<HttpResponse>& response,
                            Timestamp now) const;
  void NoteFailure(const Target& target, const Error& error) const;
  [[nodiscard]] ReadingResult Answer(const Population& population, ScrapedSeries series,
                                     Timestamp now) const;

  const SourceSpec spec_;
  const ScrapeSource scrape_;
  const std::shared_ptr<const HttpAuth> auth_;
  HttpClient& http_;
  const PodDirectory& pods_;
  const std::shared_ptr<ScrapeMemory> memory_;
};

}  // namespace hpaplus::collectors
