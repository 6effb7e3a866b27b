#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/model/decision.h"
#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/journal.h"
#include "engine/ports/metric_feed.h"
#include "engine/rehearse/plant.h"
#include "engine/rehearse/rehearsed_spec.h"
#include "engine/rehearse/scores.h"
#include "engine/rehearse/trace.h"

namespace hpaplus::rehearse {

struct RunOptions {
  PlantOptions plant;
  Between between = Between::kHold;
  Duration step = std::chrono::seconds(1);    // How often demand and supply are compared; > 0.
  Duration scrape = std::chrono::seconds(1);  // How often the workload is measured; > 0.
};

/// A size that was changed, and what had the last word.
struct Change {
  double seconds = 0;  // From the trace's start on.
  Replicas from = 0;
  Replicas to = 0;
  Stage stage = Stage::kCombine;
  Reason reason = Reason::kNone;
  std::string why;  // How it came about, for people; empty: nobody said.
};

/// The world of one workload under a recorded demand: its clock, its cluster, its sources and its
/// actuator, without faults and without chance. Time passes in WaitUntil() only; it returns false
/// at the trace's end.
///
/// What it measures: a Resource's or ContainerResource's usage is the share of its capacity that a
/// replica is busy, of what it asks for; it cannot exceed that. A Pods metric is a replica's share
/// of what is served. An Object's, External's or Source's number is all that is demanded, or with a
/// target of type Value that per serving replica; demand is what arrives, served or not.
/// Not thread-safe.
class TraceWorld final : public Clock,
                         public ClusterView,
                         public MetricFeed,
                         public Actuator,
                         public Journal {
 public:
  /// Times begin at the Unix epoch plus `start`, so that schedules by the clock mean something.
  TraceWorld(const WorkloadSpec& spec, const Trace& trace, const RunOptions& options,
             Timestamp start);

  [[nodiscard]] Timestamp Now() override { return now_; }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override;
  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;
  void Start(std::span<const ReadRequest> requests) override;
  [[nodiscard]] std::vector<ReadResult> TakeArrived() override;
  void Start(ScaleCommand command) override;
  void Cancel(WorkloadId /*workload*/) override {}
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;
  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}

  [[nodiscard]] Scores scores() const { return keeper_.Total(); }
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }

 private:
  [[nodiscard]] double SecondsAt(Timestamp at) const;
  [[nodiscard]] Timestamp NextEvent() const;
  void HappenNow();
  void ShowChange();
  void RenewPods();
  [[nodiscard]] Reading Measure(const MetricQuery& query) const;
  void MeasurePods(Reading& reading) const;
  void MeasureUsage(Reading& reading) const;

  const std::shared_ptr<const WorkloadSpec> spec_;
  const RunOptions options_;
  const Timestamp start_;
  const Timestamp end_;
  const bool shows_pods_;  // Some metric or rule looks at them.
  Timestamp now_;
  Timestamp next_step_;
  Timestamp next_scrape_;
  TraceReader demand_now_;
  TraceReader demand_measured_;
  Plant plant_;
  ScoreKeeper keeper_;
  Measured measured_;
  std::vector<std::shared_ptr<const Pod>> pods_;  // Oldest first, as many as the plant has.
  std::uint64_t next_pod_ = 0;
  SharedValue<PodResources> resources_;
  std::uint64_t version_ = 1;
  bool changed_ = true;
  bool news_ = true;
  std::vector<ReadResult> arrived_;
  std::vector<ScaleOutcome> outcomes_;
  std::vector<Change> changes_;
  std::optional<Change> decided_;  // What the engine is about to write.
  std::uint64_t decisions_ = 0;
};

}  // namespace hpaplus::rehearse
