#include "collectors/pod_count.h"

#include <algorithm>

#include <fmt/core.h>

#include "collectors/http_answer.h"
#include "collectors/single_reading.h"
#include "engine/model/label_selector.h"

namespace hpaplus::collectors {
namespace {

bool HasNotEnded(const PodAddress& pod) {
  return pod.phase != PodPhase::kSucceeded && pod.phase != PodPhase::kFailed;
}

}  // namespace

Result<std::unique_ptr<Collector>> PodCountCollector::Create(const ResolvedSource& /*source*/,
                                                             const CollectorDeps& deps) {
  if (deps.pods == nullptr) {
    return Error{ErrorCode::kInvalidArgument, "pod count: there is no cluster to count pods of"};
  }
  return std::unique_ptr<Collector>(new PodCountCollector(*deps.pods));
}

ReadingResult PodCountCollector::Count(const MetricQuery& query, Timestamp now) const {
  const auto parsed = ParseSelector(query.expression);
  const auto selector = parsed ? ToLabelSelector(*parsed) : parsed.error();
  if (!selector) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("pod count: {}", selector.error().message)};
  }
  const auto pods = pods_.Select(query.ns, *selector);
  if (!pods) return Error{pods.error().code, fmt::format("pod count: {}", pods.error().message)};
  return CountReading(std::ranges::count_if(*pods, HasNotEnded), now);
}

std::vector<ReadingResult> PodCountCollector::Collect(std::span<const MetricQuery> queries,
                                                      const CollectContext& context) {
  std::vector<ReadingResult> results;
  results.reserve(queries.size());
  for (const MetricQuery& query : queries) {
    if (const Status can = CheckCanAnswer("pod count", query, context); !can) {
      results.push_back(can.error());
    } else {
      results.push_back(Count(query, context.now));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
