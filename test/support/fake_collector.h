#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/collector.h"

namespace hpaplus::test {

/// Answers queries by their expression and remembers them. Not thread-safe.
class FakeCollector final : public Collector {
 public:
  std::map<std::string, ReadingResult, std::less<>> answers;
  std::vector<MetricQuery> seen;

  [[nodiscard]] std::string_view name() const override { return "fake"; }

  [[nodiscard]] std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                   const CollectContext& context) override {
    std::vector<ReadingResult> results;
    for (const MetricQuery& query : queries) {
      const auto found = answers.find(query.expression);
      if (context.stop.stop_requested()) {
        results.push_back(Error{ErrorCode::kUnavailable, "fake: stopped"});
      } else if (context.deadline <= context.now) {
        results.push_back(Error{ErrorCode::kDeadlineExceeded, "fake: too late"});
      } else if (found == answers.end()) {
        results.push_back(Error{ErrorCode::kNotFound, "fake: no answer to " + query.expression});
      } else {
        seen.push_back(query);
        results.push_back(found->second);
      }
    }
    return results;
  }

  void Answer(std::string expression, double value, Timestamp at) {
    auto reading = std::make_shared<Reading>();
    reading->received = at;
    reading->values.push_back({at, value, static_cast<std::int64_t>(value * 1000)});
    answers.insert_or_assign(std::move(expression),
                             std::shared_ptr<const Reading>(std::move(reading)));
  }
};

}  // namespace hpaplus::test
