#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/loop/round_tap.h"
#include "engine/ports/journal.h"

namespace hpaplus::record {

/// The last rounds of the few objects that somebody looks at, so that their decisions can be made
/// again under another setting. An object that nobody looks at costs nothing; one that somebody
/// asks for is kept from its next round on, until it was not asked for in a while.
///
/// Tap and journal: the tick's thread. The rest: any.
class WatchedRounds final : public RoundTap, public Journal {
 public:
  struct Config {
    std::size_t objects = 8;  // Of more, those asked for longest ago are dropped.
    std::size_t rounds = 30;  // Of each.
    /// Pods and samples of all rounds together; the oldest rounds of the object that has too many
    /// are dropped.
    std::size_t weight = 500'000;
    Duration patience = std::chrono::minutes(10);  // Since the object was asked for.
  };
  using Rounds = std::vector<std::shared_ptr<const Round>>;

  /// `next` is given every round that it wants; may be null, else outlives this.
  WatchedRounds(const Config& config, RoundTap* next) : config_(config), next_(next) {}

  /// Somebody looks at it now.
  void Watch(WorkloadId id, Timestamp now);
  /// Oldest first, each with its history.
  [[nodiscard]] Rounds Of(WorkloadId id) const;

  [[nodiscard]] bool Wants(WorkloadId id, const WorkloadView& view) override;
  [[nodiscard]] bool WantsHistory(WorkloadId id) override;
  void Take(Round round) override;

  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  struct Kept {
    std::shared_ptr<const Round> round;
    std::size_t weight = 0;
  };
  struct Watched {
    Timestamp asked{};
    std::deque<Kept> rounds;
  };

  [[nodiscard]] bool IsWatched(WorkloadId id) const;
  void Keep(const Round& round);
  void DropFirst(Watched& watched) HPAPLUS_REQUIRES(mutex_);
  void Forget(std::map<WorkloadId, Watched>::iterator watched) HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  RoundTap* const next_;
  std::atomic<bool> any_{false};  // So that the tick needs no lock while nobody looks.

  mutable Mutex mutex_;
  std::map<WorkloadId, Watched> watched_ HPAPLUS_GUARDED_BY(mutex_);
  std::size_t weight_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::record
