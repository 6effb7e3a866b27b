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

/// Reads numbers out of a document that a service shows at one URL, or each of its pods at its own:
/// a queue's depth, the orders under way. A query says which number, see ReadDocument(). All
/// queries of a batch share one request per URL. The document says nothing about time, so a
/// sample's time is when it was asked for; the Date and Age headers are ignored.
///
/// Of pods, the ready ones are asked, limits.maxConcurrent at a time, and their numbers combined.
/// None is left out silently: when fewer than minAnswers of them have the number, or when not all
/// do and there is no minAnswers, it is an error that names one of the others. No ready pod is
/// "nothing there".
class BusinessMonitorCollector final : public Collector {
 public:
  static constexpr std::size_t kPodsMost = 1000;  // Asked for one batch.

  /// kInvalidArgument when the endpoint is none, or pods are wanted where there is no cluster. An
  /// endpoint is asked as it stands, query string included.
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Create(const ResolvedSource& source,
                                                                 const CollectorDeps& deps);

  [[nodiscard]] std::string_view name() const override { return "business monitor"; }
  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override;

 private:
  /// One place to ask: its values for all paths.
  struct Asked {
    std::string name;  // Of the pod; empty for the endpoint.
    std::vector<DocumentValues> values;
  };

  BusinessMonitorCollector(const ResolvedSource& source, const CollectorDeps& deps);

  [[nodiscard]] HttpRequest MakeRequest(std::string url) const;
  [[nodiscard]] std::vector<DocumentValues> Read(const Result<HttpResponse>& response,
                                                 std::span<const std::string> paths,
                                                 Timestamp now) const;
  [[nodiscard]] Result<std::vector<Asked>> AskPods(std::span<const std::string> paths,
                                                   const CollectContext& context) const;
  [[nodiscard]] std::vector<DocumentValues> Ask(std::span<const std::string> paths,
                                                const CollectContext& context) const;
  [[nodiscard]] DocumentValues Combine(std::span<const Asked> pods, std::size_t path) const;

  const SourceSpec spec_;
  const HttpSource http_spec_;
  const std::shared_ptr<const HttpAuth> auth_;
  HttpClient& http_;
  const PodDirectory* const pods_;
};

}  // namespace hpaplus::collectors
