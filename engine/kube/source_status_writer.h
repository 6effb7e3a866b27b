#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/kube/kube_client.h"
#include "engine/kube/source_status.h"
#include "engine/kube/token_bucket.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// Keeps the statuses of sources up to date with as few writes as possible: soon when the meaning
/// changed, but not more often than every ten seconds for one source; after five minutes at the
/// earliest, and of all sources together once a second, when only times and counts did; never when
/// nothing did, also not after a restart. What is written is always the newest.
///
/// Requests are made in RunChores, one thread's. Thread-safe.
class SourceStatusWriter {
 public:
  struct Config {
    double writes_per_second = 5;  // Of all sources together.
    double writes_burst = 50;
    double values_per_second = 1;  // Of those, when only times and counts are new.
    double values_burst = 10;
    Duration change_spacing = std::chrono::seconds(10);
    Duration values_spacing = std::chrono::minutes(5);
    Duration settle_for = std::chrono::seconds(2);  // A new spec's first answers follow soon.
    Duration retry_first = std::chrono::seconds(1);
    Duration retry_most = std::chrono::minutes(5);
    bool cluster_sources = true;  // Whether those of ClusterMetricSources are written, too.
    std::function<void()> wake;   // RunChores() has something to do sooner than it said.
  };
  using Send = std::function<void(KubeRequest, KubeClient::OnDone)>;
  using HealthOf = std::function<SourceHealth(const SourceName&)>;

  /// `send` must be done with its callbacks before this is destroyed. `health_of` is called from
  /// RunChores only.
  SourceStatusWriter(Config config, Send send, HealthOf health_of, Clock& clock);

  /// An object is new, or has changed, or may have.
  void SetObject(SourceObject object);
  /// Why no collector could be made of its newest usable spec; empty when one could.
  void SetNotUsable(const SourceName& name, std::string problem);
  void Forget(const SourceName& name);
  /// Its health has changed. Does not block; names that are no objects are passed over.
  void Touch(const SourceName& name);

  /// Sends what is due; returns when there will be more.
  Timestamp RunChores(Timestamp now);

  [[nodiscard]] std::uint64_t writes() const;

 private:
  struct Slot {
    std::uint64_t serial = 0;  // Tells the callbacks of a former object of that name.
    SourceObject object;
    std::string not_usable;
    SourceStatus written;
    bool in_flight = false;
    std::uint32_t failures = 0;
    Timestamp values_due{};  // Times and counts alone are not written before.
    Timestamp not_before{};  // Nothing is.
    std::optional<Timestamp> queued_at;
  };
  struct Due {
    SourceName name;
    std::uint64_t serial = 0;
    std::string path;
    std::string uid;
    SourceStatus status;
  };

  void Plan(Slot& slot, Timestamp at) HPAPLUS_REQUIRES(mutex_);
  void Unplan(Slot& slot) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<SourceName> TakeName(Timestamp now);
  [[nodiscard]] std::optional<Due> Judge(const SourceName& name, const SourceHealth& health,
                                         Timestamp now);
  void Write(Due due);
  void OnWritten(const Due& due, const Result<std::string>& result);
  void Wake() const;

  const Config config_;
  const Send send_;
  const HealthOf health_of_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::map<SourceName, Slot> slots_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<std::pair<Timestamp, SourceName>> queue_ HPAPLUS_GUARDED_BY(mutex_);
  TokenBucket tokens_ HPAPLUS_GUARDED_BY(mutex_);
  TokenBucket value_tokens_ HPAPLUS_GUARDED_BY(mutex_);
  std::uint64_t serials_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::uint64_t writes_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::kube
