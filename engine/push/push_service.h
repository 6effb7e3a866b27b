#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"
#include "engine/ports/http_service.h"
#include "engine/push/push_sources.h"
#include "engine/push/remote_write.h"

namespace hpaplus::push {

/// What has been pushed since the start, for /metrics.
struct PushCounts {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused_requests{0};  // Answered with 4xx or 5xx.
  std::atomic<std::uint64_t> written_samples{0};
  std::atomic<std::uint64_t> late_samples{0};
  std::atomic<std::uint64_t> refused_samples{0};

  void Add(const PushTally& tally);
};

/// Receives Prometheus' remote write (1.0) at /api/v1/write/NAMESPACE/NAME for a MetricSource and
/// at /api/v1/write/NAME for a ClusterMetricSource.
///
/// Statuses are chosen for what Prometheus does with them: 204 for what has been taken; 4xx, which
/// is dropped and reported at the sender, for what will not get better; 5xx, which is sent again,
/// for what will. Of a request that is in order the samples that can be kept are, and 400 says what
/// was wrong with the others; of one that is not in order nothing is.
class PushService final : public HttpService {
 public:
  struct Config {
    std::size_t inflated_most = 32U << 20U;
    /// Why nothing can be taken yet, empty when it can: sources that are not read yet must not be
    /// taken for sources that are not there.
    std::function<std::string()> unready = [] { return std::string(); };
  };

  /// All must outlive this.
  PushService(Config config, PushSources& sources, PushCounts& counts, Clock& clock);

  [[nodiscard]] std::optional<HttpReply> Refuse(const HttpHead& head) override;
  [[nodiscard]] HttpReply Serve(const HttpHead& head, std::string_view body) override;

 private:
  struct Scratch {
    std::string inflated;
    RemoteWriteMessage message;
  };
  struct Route {
    std::optional<HttpReply> refusal;
    SourceName source;
    std::shared_ptr<SourceSamples> samples;
  };

  [[nodiscard]] Route Find(const HttpHead& head);
  [[nodiscard]] HttpReply Store(const Route& route, std::string_view body, Scratch& scratch);
  [[nodiscard]] std::unique_ptr<Scratch> TakeScratch();
  void GiveBack(std::unique_ptr<Scratch> scratch);

  const Config config_;
  PushSources& sources_;
  PushCounts& counts_;
  Clock& clock_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::push
