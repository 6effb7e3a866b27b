#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/document.h"
#include "engine/base/result.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// Reads numbers out of a file that somebody writes below a directory of the engine's: a
/// MetricSource below the directory of its namespace, a ClusterMetricSource below the whole. The
/// queries are those of ReadDocument(), or of ReadExpositionValues() for exposition text, which is
/// OpenMetrics when it ends as that must. The time of a number is when the file was modified,
/// unless the text has one, so a file that is no longer written goes stale. All queries of a batch
/// share one read.
class FileDocumentCollector final : public Collector {
 public:
  /// kInvalidArgument when the engine has no such directory.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "file"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  FileDocumentCollector(const SourceSpec& spec, const MetricFiles& files);

  [[nodiscard]] std::vector<DocumentValues> Read(std::span<const std::string> queries) const;

  const std::string ns_;
  const FileSource file_;
  const std::size_t bytes_most_;
  const MetricFiles& files_;
};

}  // namespace hpaplus::collectors
