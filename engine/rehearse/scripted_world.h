#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/metric_feed.h"
#include "engine/rehearse/plant.h"
#include "engine/rehearse/policy_test.h"

namespace hpaplus::rehearse {

/// The world of a policy test: sources say what a script has, sizes are followed by pods that take
/// their time to be ready. Time passes in WaitUntil() only. Not thread-safe.
class ScriptedWorld final : public Clock, public ClusterView, public MetricFeed, public Actuator {
 public:
  /// `test` must outlive it.
  explicit ScriptedWorld(const PolicyTest& test);

  [[nodiscard]] Timestamp Now() override { return now_; }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override;
  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;
  void Start(std::span<const ReadRequest> requests) override;
  [[nodiscard]] std::vector<ReadResult> TakeArrived() override;
  void Start(ScaleCommand command) override;
  void Cancel(WorkloadId /*workload*/) override {}
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;

  [[nodiscard]] Duration elapsed() const { return now_ - test_.start; }
  [[nodiscard]] Replicas replicas() const { return plant_.replicas(); }
  /// Whether what is demanded now is more than what serves can carry.
  [[nodiscard]] bool IsUnderCapacity() const;

 private:
  [[nodiscard]] const ScriptPoint& At(const std::vector<ScriptPoint>& script, Timestamp at) const;
  [[nodiscard]] ReadingResult Answer(const MetricQuery& query) const;
  [[nodiscard]] ReadingResult FromScript(const MetricSpec& metric,
                                         const std::vector<ScriptPoint>& script) const;
  void MeasurePods(double value, Timestamp at, Reading& reading) const;
  [[nodiscard]] ReadingResult MeasureUsage() const;
  [[nodiscard]] double FromLoad(const MetricSpec& metric, Timestamp at) const;
  void RenewPods();

  const PolicyTest& test_;
  const std::shared_ptr<const WorkloadSpec> spec_;
  const Timestamp end_;
  Timestamp now_;
  Plant plant_;
  std::vector<std::shared_ptr<const Pod>> pods_;
  SharedValue<PodResources> resources_;
  std::uint64_t next_pod_ = 0;
  std::uint64_t version_ = 1;
  bool changed_ = true;
  bool news_ = true;
  std::vector<ReadResult> arrived_;
  std::vector<ScaleOutcome> outcomes_;
};

}  // namespace hpaplus::rehearse
