#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/model/workload.h"

namespace hpaplus::rehearse {

/// Whether a pod counts as serving: running, and ready.
[[nodiscard]] bool IsServing(const Pod& pod);

/// Whether it did already then, of one that does now.
[[nodiscard]] bool WasServing(const Pod& pod, Timestamp at);

/// Real pods that have stopped serving: what was measured before has their load, but no longer
/// them. Not thread-safe.
class Departures {
 public:
  /// In the order of time.
  void Follow(const WorkloadView& real, Timestamp now);
  /// How many have been seen to stop after that moment. Of the last kMost times that some did.
  [[nodiscard]] Replicas Since(Timestamp at) const;

  static constexpr std::size_t kMost = 64;

 private:
  Replicas serving_ = 0;
  Timestamp last_ = Timestamp::max();
  std::deque<std::pair<Timestamp, Replicas>> gone_;
};

/// How long pods take to start.
struct StartupTime {
  Duration time{};
  bool observed = false;  // False: the default.
};

/// The median over the serving pods, from their start to when they became ready last; at most ten
/// minutes. `otherwise` when none tells.
[[nodiscard]] StartupTime ObserveStartup(const WorkloadView& real, Duration otherwise);

/// The pods that a workload would have: those that it had in the beginning, and what its own
/// decisions have made of them. A new one takes a start-up time until it serves; what is not needed
/// any more is gone at once, the newest first. Pods that are alike are one pod that is shown so
/// many times, and there are never more than kMostBatches different ones. Not thread-safe.
class ShadowPods {
 public:
  static constexpr std::size_t kMostBatches = 64;

  /// Begins with the real pods, as many as the scale says; those that do not serve yet begin to
  /// start now. Without any in the view those of the scale's status serve.
  ShadowPods(const WorkloadView& real, Timestamp now, Duration startup);

  void Resize(Replicas replicas, Timestamp now, Duration startup);
  /// Lets those serve whose start is over by then.
  void Advance(Timestamp now);
  /// New pods, and those that there are, are like the newest real one.
  void FollowTemplate(const WorkloadView& real);

  [[nodiscard]] Replicas replicas() const { return replicas_; }
  [[nodiscard]] Replicas ready() const { return ready_; }
  /// How many served then already, of those that do now.
  [[nodiscard]] Replicas ReadyAt(Timestamp at) const;

  /// The pods, of which the first `measured` are told from the others; names ascend.
  struct Shown {
    std::vector<std::shared_ptr<const Pod>> pods;
    std::vector<std::shared_ptr<const Pod>> measured;  // Each once.
  };
  [[nodiscard]] Shown Show(Replicas measured) const;

 private:
  struct Batch {
    Replicas count = 0;
    Timestamp started{};
    Timestamp ready_at{};
    bool ready = false;
    std::uint64_t number = 0;  // Part of its name.
  };

  void Add(Batch batch);
  [[nodiscard]] std::shared_ptr<Pod> MakePod(const Batch& batch, bool measured) const;

  std::vector<Batch> batches_;  // Oldest first; those that serve come before the others.
  Replicas replicas_ = 0;
  Replicas ready_ = 0;
  std::uint64_t next_number_ = 0;
  SharedValue<PodLabels> labels_;
  SharedValue<PodResources> resources_;
};

}  // namespace hpaplus::rehearse
