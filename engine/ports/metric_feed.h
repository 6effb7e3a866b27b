#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/shared_value.h"
#include "engine/base/time.h"
#include "engine/model/reading.h"
#include "engine/model/source.h"

namespace hpaplus {

/// What has to be asked, and of whom.
struct PlannedRead {
  SourceName source;
  MetricQuery query;
  bool operator==(const PlannedRead&) const = default;
};

struct ReadRequest {
  ReadId id;
  SharedValue<PlannedRead> read;
  Timestamp deadline{};
};

struct ReadResult {
  ReadId id;
  ReadingResult reading;
};

/// Something new is there at a source, without anybody having asked.
struct MetricNews {
  SourceName source;
  std::vector<std::string> metrics;  // Which ones by name; empty: any.
};

/// The engine's side of collecting. Live it is the CollectorRunner, which gives each source its own
/// threads; in a simulation it is the simulated world. Nothing blocks: a slow source delays the
/// answers to its own reads and nothing else.
class MetricFeed {
 public:
  virtual ~MetricFeed() = default;

  /// Starts the reads. Every request gets exactly one result, if only an error at its deadline.
  virtual void Start(std::span<const ReadRequest> requests) = 0;

  /// The results that have arrived since the previous call.
  [[nodiscard]] virtual std::vector<ReadResult> TakeArrived() = 0;

  /// The news since the previous call, one per source.
  [[nodiscard]] virtual std::vector<MetricNews> TakeNews() { return {}; }
};

}  // namespace hpaplus
