#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "engine/ports/journal.h"
#include "engine/ports/shadow_book.h"
#include "engine/ports/telemetry.h"

namespace hpaplus {

/// The numbers behind /metrics. As a Journal it counts decisions and ticks, as a Telemetry what
/// happens at the edges. docs/metrics.md lists the series. Thread-safe.
class PrometheusTelemetry : public Journal, public Telemetry {
 public:
  struct Config {
    std::string version;
    std::size_t objects_max = 1000;  // Series per object are kept for so many objects; 0 for none.
    const ShadowBook* shadows = nullptr;  // Outlives it; null: there are no shadows.
  };

  static std::unique_ptr<PrometheusTelemetry> Create(const Config& config);

  /// The text format 0.0.4 of everything, process figures included.
  [[nodiscard]] virtual std::string Scrape() = 0;
};

}  // namespace hpaplus
