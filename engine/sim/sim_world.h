#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/random.h"
#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/metric_feed.h"
#include "engine/sim/event_queue.h"
#include "engine/sim/faults.h"
#include "engine/sim/plant.h"

namespace hpaplus::sim {

struct Options {
  std::uint64_t seed = 0;
  Timestamp start{std::chrono::days(20'000)};
  Duration length = std::chrono::hours(1);
  Faults faults;
  std::vector<TargetOptions> targets;  // Their index is their WorkloadId.
};

/// The newest answer that has reached the engine for one target.
struct Evidence {
  bool sound = false;  // No fault has touched it: complete, finite and measured when it says.
  Timestamp measured{};
};

/// A size that really was written.
struct Written {
  WorkloadId workload;
  Timestamp at{};
  Replicas from = 0;
  Replicas to = 0;
  std::shared_ptr<const WorkloadView> decided_on;  // Null: by hand.
};

/// A cluster, its metrics and its clock in one deterministic object: the same options give the
/// same run, to the bit. Time passes in WaitUntil() only, from event to event; after
/// `options.length` it returns false. Not thread-safe.
///
/// Targets with a Source metric are asked "MetricSource/<ns>/<any>" with their name as the query;
/// Resource metrics are answered for all targets that have one.
class SimWorld final : public Clock, public ClusterView, public MetricFeed, public Actuator {
 public:
  explicit SimWorld(Options options);

  // The engine's side.
  [[nodiscard]] Timestamp Now() override { return now_; }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override;
  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;
  void Start(std::span<const ReadRequest> requests) override;
  [[nodiscard]] std::vector<ReadResult> TakeArrived() override;
  void Start(ScaleCommand command) override;
  void Cancel(WorkloadId workload) override;
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;

  // The experimenter's side.
  void Heal() { options_.faults = {}; }
  void RunFor(Duration length) { end_ = now_ + length; }
  void SetDemand(WorkloadId id, std::function<double(Timestamp)> demand);
  /// A new revision of the target's pods: every `every` a batch of the old ones makes room.
  void BeginRollout(WorkloadId id, Replicas batch, Duration every);
  void ScaleByHand(WorkloadId id, Replicas replicas) { Resize(id, replicas, nullptr); }
  [[nodiscard]] Replicas replicas(WorkloadId id) const {
    return targets_[id.index].plant.replicas();
  }
  /// The object as the engine was told last; null when it does not exist.
  [[nodiscard]] std::shared_ptr<const WorkloadView> told(WorkloadId id) const {
    return targets_[id.index].told;
  }
  [[nodiscard]] Evidence evidence(WorkloadId id) const { return targets_[id.index].evidence; }
  [[nodiscard]] const std::vector<Written>& written() const { return written_; }
  /// Commands that were sent although the engine had been told not to: must stay empty.
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] const Faults& faults() const { return options_.faults; }
  /// When the clock stood still last, that is until when.
  [[nodiscard]] Timestamp paused_until() const { return paused_until_; }

 private:
  struct Target {
    explicit Target(const TargetOptions& target) : options(target), plant(target) {}

    TargetOptions options;
    std::shared_ptr<const WorkloadSpec> spec;  // Null: the object does not exist at present.
    Plant plant;
    std::uint64_t version = 1;
    std::uint64_t lives = 0;
    bool dirty = false;                         // Something for TakeChanges().
    std::shared_ptr<const WorkloadView> ready;  // What it will give.
    std::shared_ptr<const WorkloadView> told;
    Evidence evidence;
    std::optional<ScaleCommand> command;  // Started, and not sent yet.
    std::uint64_t commands = 0;
  };
  struct Arrival {
    ReadResult result;
    std::vector<WorkloadId> about;
    Evidence evidence;
  };
  // How one read turns out; every field is drawn for every read.
  struct ReadFate {
    bool fails = false;
    bool hangs = false;
    Duration latency{};
    Duration age{};
    bool nan = false;
    bool negative = false;
    bool absent = false;
    bool duplicate = false;
    bool incomplete = false;
    [[nodiscard]] bool sound() const;
  };

  void Touch(WorkloadId id);
  void Publish(WorkloadId id);
  void Resize(WorkloadId id, Replicas replicas, std::shared_ptr<const WorkloadView> decided_on);
  void Send(WorkloadId id);
  void StartPods(WorkloadId id, const std::vector<std::uint64_t>& pods);
  void ReplaceBatch(WorkloadId id, Replicas batch, Duration every);
  void Answer(ScaleCommand command, Result<Done> result, Duration after);
  [[nodiscard]] ReadFate DrawReadFate();
  [[nodiscard]] Arrival Ask(const ReadRequest& request, const ReadFate& fate);
  [[nodiscard]] Reading Measure(const Target& target, const ReadFate& fate) const;
  [[nodiscard]] Reading MeasureAll(const ReadFate& fate) const;

  void ScheduleTrouble();
  void MakeTrouble(WorkloadId id);
  void EditSpec(WorkloadId id, double what, double how);
  void Create(WorkloadId id);

  Options options_;
  Timestamp now_;
  Timestamp end_;
  Timestamp paused_until_;
  Random reads_random_;
  Random writes_random_;
  Random cluster_random_;
  Random trouble_random_;
  std::vector<Target> targets_;
  std::map<std::string, WorkloadId, std::less<>> by_name_;
  EventQueue events_;
  bool news_ = true;
  std::vector<Arrival> arrivals_;
  std::vector<ScaleOutcome> outcomes_;
  std::vector<Written> written_;
  std::vector<std::string> violations_;
};

}  // namespace hpaplus::sim
