#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"

namespace hpaplus {

struct CollectContext {
  Timestamp now;
  Timestamp deadline;
  std::stop_token stop;
};

/// A plugin that reads metrics from one source.
///
/// Collect() blocks, but not past `context.deadline`. It is called from one thread at a time, each
/// collector on its own, so a slow source delays nobody else. It returns exactly one result per
/// query, in order; partial success is the normal case. It never throws, and never gives a number
/// that the source did not send: an empty answer is a Reading without elements.
class Collector {
 public:
  virtual ~Collector() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                                           const CollectContext& context) = 0;
};

}  // namespace hpaplus
