#pragma once

#include <span>
#include <stop_token>
#include <vector>

#include "engine/eval/evaluator.h"
#include "engine/eval/read_table.h"
#include "engine/eval/workload_table.h"
#include "engine/loop/backfill.h"
#include "engine/loop/command_ledger.h"
#include "engine/loop/deadline_queue.h"
#include "engine/loop/fleet_limit.h"
#include "engine/loop/overload.h"
#include "engine/loop/round_tap.h"
#include "engine/loop/source_suspicion.h"
#include "engine/loop/timer_heap.h"
#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/journal.h"
#include "engine/ports/metric_feed.h"
#include "engine/ports/quota_gate.h"

namespace hpaplus {

/// The world as the engine sees it. Whoever fills this in decides what the engine is: a live
/// controller, a dry run, a replay of yesterday, or a simulation. Everything outlives the engine.
struct World {
  Clock& clock;
  ClusterView& cluster;
  MetricFeed& feed;
  Actuator& actuator;
  Journal& journal;
  Executor& executor;
  QuotaGate* quota = nullptr;  // Null: nobody limits sizes by quota.
};

/// A second for metrics.k8s.io, whose one answer serves everybody; nothing for other sources.
[[nodiscard]] Duration DefaultShareFor(const SourceName& source);

/// Follow the cluster, read, decide, record, act: level-triggered, each workload in its own period.
///
/// A due workload starts a round: what it has to know is asked, unless an answer is young enough
/// or already on its way for somebody else. It is decided in the tick in which its last answer is
/// in or its timeout has passed; what is missing then is an error that its policies judge. So no
/// workload ever waits for the reads of another. Not thread-safe: one loop owns it.
class Engine {
 public:
  struct Config {
    DecideConfig decide;
    Overload::Config overload;
    /// The shortest time between two ticks, so that what arrives together is decided together.
    Duration tick_spacing = std::chrono::milliseconds(2);
    /// After a stop: how long the outcomes of commands under way are waited for.
    Duration stop_grace = std::chrono::seconds(2);
    /// News of a metric (see MetricFeed) begin a round of those who read it ahead of its period,
    /// not sooner than this after their last one; zero: never. In a tick so many do, the others in
    /// the next ones. Such a round asks what has news and takes the rest as it is; it is not
    /// decided when anything is unknown, and begins only while the load is bearable.
    Duration news_spacing = std::chrono::milliseconds(200);
    std::size_t news_most = 1000;
    FleetLimit::Config fleet;
    SourceSuspicion::Config suspicion;
    ReadTable::ShareFor share_for = DefaultShareFor;
    Backfill::PastOf past_of;  // Null: windows start empty.
    PodMetricsFrom pod_metrics = PodMetricsFrom::kMetricsServer;
    RoundTap* tap = nullptr;  // Is given what is decided from; outlives the engine.
  };

  Engine(Config config, World world, PolicyFactory make_policies);

  /// Ticks until `stop` is requested, then waits for the outcomes of what it has started, at most
  /// for the grace. Starts nothing any more once the stop is seen.
  void Run(const std::stop_token& stop);

  /// One tick. Public so that tests, replay and simulation can drive it themselves.
  void Tick();

  /// When there is something to do without news from outside.
  [[nodiscard]] Timestamp next() const;

 private:
  void Follow(std::span<const WorkloadUpdate> updates, Timestamp now);
  void FollowObject(WorkloadId id, WorkloadChange change, Timestamp now);
  void Schedule(WorkloadId id, Timestamp now);
  void ForgetObject(WorkloadId id);
  void CreditWrite(const ScaleCommand& command, WorkloadState& state, Timestamp now);
  void CreditLostWrite(WorkloadId id, WorkloadState& state, Timestamp now);
  void SettleAll(std::span<const ScaleOutcome> outcomes, Timestamp now);
  void Settle(const ScaleOutcome& outcome, Timestamp now);
  void TakeReadings(Timestamp now);
  void ExpireRounds(Timestamp now);
  void TakeNews(Timestamp now);
  void BeginEarlyRounds(Timestamp now);
  void BeginRound(WorkloadId id, Timestamp now, bool early = false);
  [[nodiscard]] bool KnowsAll(const WorkloadState& state, bool but_news) const;
  void FinishRound(WorkloadId id, WorkloadState& state);
  void Enqueue(WorkloadId id, WorkloadState& state);
  void Decide(Timestamp now);
  void BeginRounds(Timestamp now);
  void EndRound(Round& round, const Decision& admitted);
  void AskQuota(std::span<Evaluation> ready, Timestamp now);
  void TakeFreedQuota();
  void Admit(const WorkloadState& state, Decision& decision);
  void Report(Timestamp now, const DueSet& due, std::size_t periods_skipped);
  [[nodiscard]] bool WaitForWork(Timestamp last, const std::stop_token& stop);
  void Drain();
  void DropReady();

  const Config config_;
  const World world_;
  Evaluator evaluator_;
  ReadTable reads_;
  WorkloadTable workloads_;
  DeadlineQueue queue_;
  TimerHeap timeouts_;  // Of the rounds under way.
  TimerHeap wakes_;     // Of those who have news.
  CommandLedger commands_;
  Overload overload_;
  SourceSuspicion suspicion_;
  Backfill backfill_;
  FleetLimit fleet_;

  // This tick's.
  std::vector<Evaluation> ready_;  // The first ready_count_; the others only lend their memory.
  std::size_t ready_count_ = 0;
  std::vector<Round> rounds_;  // Of these, in their order, what the tap wants.
  std::size_t decided_ = 0;
  std::vector<QuotaAsk> asks_;
  std::vector<Decision*> asking_;           // Whose these are.
  std::vector<const SourceName*> sources_;  // Of the workload that is being admitted.
};

}  // namespace hpaplus
