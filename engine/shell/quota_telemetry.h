#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "engine/ports/quota_journal.h"

namespace hpaplus {

/// The numbers of quotas behind /metrics, in cores, bytes and pieces. docs/metrics.md lists the
/// series. What cannot be decided on has no numbers: its series go until it can. Thread-safe.
class QuotaTelemetry : public QuotaJournal {
 public:
  struct Config {
    /// Series are kept for so many resources of DynamicQuotas, and for so many of pools; 0: none.
    std::size_t lines_max = 1000;
  };

  static std::unique_ptr<QuotaTelemetry> Create(const Config& config);

  /// The text format 0.0.4.
  [[nodiscard]] virtual std::string Scrape() = 0;
};

}  // namespace hpaplus
