#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/eval/past_reads.h"
#include "engine/eval/read_table.h"
#include "engine/model/workload.h"
#include "engine/ports/cluster_view.h"

namespace hpaplus {

/// One metric of a workload, and where its answer comes from.
struct ReadSlot {
  std::optional<ReadId> read;  // Null when the metric cannot be asked.
  Error problem;               // Then: why, for its policy to judge.
  bool awaited = false;        // This round has no answer for it yet; after the round: none came.
  bool listed = false;         // The read has this workload among its waiters.
};

/// What the engine knows about one workload between ticks.
struct WorkloadState {
  std::shared_ptr<const WorkloadView> view;  // Null: this id is not in use.
  PolicySet policies;
  History history;
  bool history_changed = true;      // Since the last decision, by anything but that.
  std::vector<ReadSlot> reads;      // One per spec.metrics.
  std::size_t reads_awaited = 0;    // Slots with `awaited`, while a round is under way.
  bool in_round = false;            // Reads are under way; the decision follows.
  bool early = false;               // The round was begun by news, ahead of its period.
  Timestamp begun_at{};             // The last round.
  std::unique_ptr<PastReads> past;  // Null: nothing of the past is asked, or not any more.

  static constexpr std::size_t kNotQueued = SIZE_MAX;
  std::size_t queued_at = kNotQueued;  // Place among those to be decided in this tick.
};

/// What an update has changed, as far as the loop cares.
enum class WorkloadChange {
  kNone,      // Nothing known before and nothing now.
  kAdded,     // A new object.
  kReplaced,  // The same, in place of another one under this id.
  kSpec,      // The same object, another spec.
  kObserved,  // The same spec; size, pods or conflicts may differ.
  kRemoved,
};

/// State by WorkloadId. History belongs to an object, that is to its UID: it survives every change
/// of the spec and nothing else. Not thread-safe.
class WorkloadTable {
 public:
  /// `reads` must outlive the table.
  WorkloadTable(PolicyFactory make_policies, ReadTable& reads, PodMetricsFrom pod_metrics)
      : make_policies_(std::move(make_policies)), reads_(reads), pod_metrics_(pod_metrics) {}

  /// Takes in one update; a round under way ends when its reads are no longer the ones to ask.
  WorkloadChange Apply(const WorkloadUpdate& update);

  /// Precondition: some update has named this id.
  [[nodiscard]] WorkloadState& at(WorkloadId id) { return states_[id.index]; }
  /// Null when there is no such workload (any more).
  [[nodiscard]] WorkloadState* Find(WorkloadId id);

  /// Workloads that exist.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void PlanAgain(WorkloadId id, WorkloadState& state);
  void ReleaseReads(WorkloadId id, WorkloadState& state);
  void ReleasePast(WorkloadId id, WorkloadState& state);

  const PolicyFactory make_policies_;
  ReadTable& reads_;
  const PodMetricsFrom pod_metrics_;
  std::deque<WorkloadState> states_;  // Indexed by WorkloadId.
  std::size_t size_ = 0;
};

}  // namespace hpaplus
