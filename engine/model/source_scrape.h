#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/model/metric_spec.h"

namespace hpaplus {

/// spec.scrape of a source of type Scrape: pods that show their metrics as text.
struct ScrapeSource {
  LabelSelector pods;  // In the namespace of the object that asks.
  std::uint16_t port = 0;
  std::string path = "/metrics";
  bool tls = false;                // scheme: HTTPS
  std::size_t targets_most = 200;  // Of more pods a sample is asked, the same one every time.
  int error_percent_most = 10;     // How far a sum that was estimated from a sample may be off.
  bool operator==(const ScrapeSource&) const = default;
};

}  // namespace hpaplus
