#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/mutex.h"
#include "engine/ports/clock.h"
#include "engine/ports/collector_registry.h"
#include "engine/ports/pushed_samples.h"
#include "engine/push/memory_budget.h"
#include "engine/push/source_samples.h"

namespace hpaplus::push {

/// The sources of type Push: who may send to each of them, and what has been sent. Thread-safe.
class PushSources final : public PushedSamples {
 public:
  struct Config {
    std::size_t bytes_most = 256U << 20U;  // Of all series together.
    std::size_t source_share = 4;          // One source has no more than a fourth of it.
    /// Told of which metrics of a source there is something new; none: of any. Called by those who
    /// write, and must not block; null for nobody.
    std::function<void(const SourceName&, const std::vector<std::string>& metrics)> on_new;
  };

  /// A header of the sender by its name in lower case; empty when it is not there.
  using Headers = std::function<std::string_view(std::string_view name)>;

  /// `clock` must outlive this.
  PushSources(const Config& config, Clock& clock);

  /// Adds a source, or changes who may send to it and its limits. Its series stay.
  void Set(const ResolvedSource& source);
  void Remove(const SourceName& name);

  /// Where to put what a sender has for a source. kPermissionDenied when it may not, which is what
  /// it hears of a source that is not there, too: nobody can try out names.
  [[nodiscard]] Result<std::shared_ptr<SourceSamples>> Admit(const SourceName& name,
                                                             const Headers& headers);

  /// A sender's request has been written.
  void Announce(const SourceName& source, const PushTally& tally) const;

  [[nodiscard]] Result<std::shared_ptr<const PushedCatalog>> Catalog(
      const SourceName& source) const override;
  [[nodiscard]] std::vector<std::vector<TimedValue>> Read(const SourceName& source,
                                                          std::span<const std::uint64_t> series,
                                                          std::size_t newest_most) const override;

  [[nodiscard]] std::size_t bytes_used() const { return budget_.used(); }

 private:
  struct Source {
    bool anonymous = false;
    std::string header;  // Lower case.
    std::string scheme;  // "bearer", "basic" in front of the value; empty: nothing.
    std::string secret;  // Never empty unless anonymous is.
    std::shared_ptr<SourceSamples> samples;
  };

  [[nodiscard]] static bool MaySend(const Source& source, const Headers& headers);
  [[nodiscard]] std::shared_ptr<SourceSamples> Find(const SourceName& name) const;
  void SweepWhenDue(Timestamp now);

  const Config config_;
  Clock& clock_;
  MemoryBudget budget_;  // Before the sources, which give back to it.
  mutable Mutex mutex_;
  std::map<SourceName, Source, std::less<>> sources_ HPAPLUS_GUARDED_BY(mutex_);
  Timestamp swept_ HPAPLUS_GUARDED_BY(mutex_){};
};

/// "NAME" for a ClusterMetricSource, "NAMESPACE/NAME" for a MetricSource, as senders write it.
/// kInvalidArgument when it is neither.
[[nodiscard]] Result<SourceName> ParsePushTarget(std::string_view text);

}  // namespace hpaplus::push
