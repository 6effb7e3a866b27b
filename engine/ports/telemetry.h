#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/time.h"

namespace hpaplus {

/// Counts what happens at the edges. Live it feeds /metrics. Thread-safe; must not block.
class Telemetry {
 public:
  virtual ~Telemetry() = default;

  /// One Collect() of one source: how long it took, how many queries, and how many failed.
  virtual void SourceRead(std::string_view source, Duration took, std::size_t queries,
                          std::size_t failed) = 0;
  /// One request to the API server. `code` is the HTTP status, 0 when there was no answer.
  virtual void KubeRequest(std::string_view verb, std::string_view resource, int code,
                           Duration took) = 0;
  virtual void WatchRestarted(std::string_view resource, std::string_view reason) = 0;
  virtual void CacheObjects(std::string_view resource, std::size_t count) = 0;
};

class NullTelemetry final : public Telemetry {
 public:
  void SourceRead(std::string_view, Duration, std::size_t, std::size_t) override {}
  void KubeRequest(std::string_view, std::string_view, int, Duration) override {}
  void WatchRestarted(std::string_view, std::string_view) override {}
  void CacheObjects(std::string_view, std::size_t) override {}
};

}  // namespace hpaplus
