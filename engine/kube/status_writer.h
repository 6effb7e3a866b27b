#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/shared_value.h"
#include "engine/kube/kube_api.h"
#include "engine/kube/object_status.h"
#include "engine/kube/token_bucket.h"
#include "engine/kube/workload_lookup.h"
#include "engine/model/decision.h"
#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::kube {

/// Keeps the status of HPAPlus objects up to date with as few writes as possible: at once when its
/// meaning changed, every 30 s at most when only measured values did, never when nothing did, also
/// not after a restart. What is written is always the newest status, however often it failed
/// before.
///
/// The statuses are made on the caller's thread, the tick; JSON and requests in RunChores, another
/// thread's. Thread-safe.
class StatusWriter {
 public:
  struct Config {
    double writes_per_second = 50;  // Of all objects together.
    double writes_burst = 200;
    Duration values_spacing = std::chrono::seconds(30);
    Duration outcome_grace = std::chrono::milliseconds(500);  // A size's outcome follows soon.
    Duration retry_first = std::chrono::seconds(1);
    Duration retry_most = std::chrono::seconds(60);
    std::function<void()> wake;  // RunChores() has something to do sooner than it said.
  };
  using Send = std::function<void(KubeRequest, KubeClient::OnDone)>;

  /// `send` must be done with its callbacks before this is destroyed; `lookup` must outlive it.
  StatusWriter(Config config, Send send, WorkloadLookup& lookup, Clock& clock);

  /// `shadow` is null where it has none.
  void Update(const Decision& decision, const WorkloadView& view,
              const ShadowState* shadow = nullptr);
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at);
  void Forget(WorkloadId id);

  /// Sends what is due; returns when there will be more.
  Timestamp RunChores(Timestamp now);

  [[nodiscard]] std::uint64_t writes() const;

 private:
  struct Slot {
    bool used = false;
    std::uint64_t serial = 0;  // Tells the callbacks of a former user of the slot.
    std::string path;
    std::string uid;
    SharedValue<ObjectStatus> newest;
    SharedValue<ObjectStatus> written;  // What the object has, as far as we know.
    std::optional<Error> write_failure;
    std::pair<Replicas, Replicas>
        last_change{};  // What the last evaluation wanted; equal: nothing.
    bool in_flight = false;
    std::uint32_t failures = 0;
    Timestamp values_due{};  // Measured values alone are not written before.
    Timestamp not_before{};  // Nothing is: it has failed lately.
    std::optional<Timestamp> queued_at;
  };
  struct Due {
    std::uint32_t index = 0;
    std::uint64_t serial = 0;
    std::string path;
    SharedValue<ObjectStatus> status;
  };
  using Queue = std::set<std::pair<Timestamp, std::uint32_t>>;

  Slot& SlotOf(const Decision& decision, const WorkloadView& view, const WorkloadNow& now)
      HPAPLUS_REQUIRES(mutex_);
  void Plan(std::uint32_t index, Timestamp at) HPAPLUS_REQUIRES(mutex_);
  void Unplan(std::uint32_t index) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Due> TakeDue(Timestamp now);
  void OnWritten(const Due& due, const Result<std::string>& result);
  [[nodiscard]] Duration RetryDelay(std::uint32_t failures) const;

  const Config config_;
  const Send send_;
  WorkloadLookup& lookup_;
  Clock& clock_;
  mutable Mutex mutex_;
  std::deque<Slot> slots_ HPAPLUS_GUARDED_BY(mutex_);
  Queue queue_ HPAPLUS_GUARDED_BY(mutex_);
  TokenBucket tokens_ HPAPLUS_GUARDED_BY(mutex_);
  std::uint64_t serials_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::uint64_t writes_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::kube
