#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"
#include "engine/ports/actuator.h"
#include "engine/ports/clock.h"
#include "engine/ports/cluster_view.h"
#include "engine/ports/collector.h"
#include "engine/ports/executor.h"
#include "engine/ports/http_client.h"
#include "engine/ports/metric_feed.h"
#include "test/bench/allocations.h"

namespace hpaplus::bench {

/// Time that passes as this thread computes and skips ahead while it has nothing to do: what is
/// late is late by computing, and half an hour takes minutes. `slowness` makes every instruction
/// take so many times its time.
class SkippingClock final : public Clock {
 public:
  SkippingClock(Timestamp start, double slowness) : slowness_(slowness), at_(start) {}

  [[nodiscard]] Timestamp Now() override;
  /// Returns at the deadline, or at `wake_at` if that is earlier; false after `end`.
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override;

  void EndAt(Timestamp end) { end_ = end; }
  void WakeAt(Timestamp at) { wake_at_ = std::min(wake_at_, at); }
  void SetSlowness(double slowness);
  [[nodiscard]] Duration Unslowed(Duration time) const {
    return std::chrono::duration_cast<Duration>(time / slowness_);
  }

  /// Takes what was computed and allocated since out of the account; returns how long it was.
  class Aside {
   public:
    explicit Aside(SkippingClock& clock)
        : clock_(clock), from_(clock.Now()), allocations_(Allocations()) {}
    ~Aside() { (void)Close(); }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;
    Duration Close();

   private:
    SkippingClock& clock_;
    const Timestamp from_;
    const std::uint64_t allocations_;
    bool open_ = true;
  };

  /// How long was computed, as slow as it was.
  [[nodiscard]] Duration busy() const { return busy_; }

 private:
  [[nodiscard]] static Duration CpuTime();

  double slowness_;
  Timestamp at_;  // When `cpu_` was read.
  Duration cpu_ = CpuTime();
  Duration busy_{};
  Timestamp end_ = Timestamp::max();
  Timestamp wake_at_ = Timestamp::max();
};

struct FleetOptions {
  std::size_t objects = 100'000;
  std::size_t per_source = 1'000;  // Objects that one Prometheus answers for.
  double with_pods = 0.1;          // The share that scales by CPU, with so many pods each.
  Replicas pods = 10;
  std::uint64_t seed = 1;
};

/// A cluster in memory whose metrics are texts: answers of Prometheus' API and of metrics.k8s.io,
/// read by the collectors of the live engine. It has two cores: the thread that ticks, and one
/// that reads. What reading takes in CPU time is when its answer is there.
class FleetWorld final : public ClusterView, public MetricFeed, public Actuator {
 public:
  FleetWorld(const FleetOptions& options, SkippingClock& clock);
  ~FleetWorld() override;

  [[nodiscard]] std::vector<WorkloadUpdate> TakeChanges() override;
  void Start(std::span<const ReadRequest> requests) override;
  [[nodiscard]] std::vector<ReadResult> TakeArrived() override;
  void Start(ScaleCommand command) override;
  void Cancel(WorkloadId /*workload*/) override {}  // A write takes no time to be sent.
  [[nodiscard]] std::vector<ScaleOutcome> TakeOutcomes() override;

  /// From now on so many times as much is asked of these objects: every `each`-th one.
  void Step(double factor, std::size_t each);
  [[nodiscard]] bool IsStepped(std::size_t object) const {
    return step_each_ > 0 && object % step_each_ == 0;
  }

  /// The load of an object, which is what its size follows.
  [[nodiscard]] double DemandOf(std::size_t object, Timestamp at) const;
  [[nodiscard]] Duration PeriodOf(std::size_t object) const;
  /// Whether its size is at least nine tenths of what its load asks for.
  [[nodiscard]] bool IsServed(std::size_t object, Timestamp at) const;
  [[nodiscard]] std::size_t writes() const { return writes_; }
  [[nodiscard]] std::size_t bytes_read() const { return bytes_read_; }
  [[nodiscard]] Duration reading() const { return reading_; }
  [[nodiscard]] std::size_t churned() const { return churned_; }
  /// From now on so often one object goes or another one comes; zero: never.
  void SetChurn(Duration every);

 private:
  class Prometheus;
  struct Object {
    std::shared_ptr<const WorkloadSpec> spec;
    Replicas size = 1;
    std::uint32_t life = 0;
    double base = 0;
    double phase = 0;
    bool has_pods = false;
  };
  struct Arrival {
    Timestamp at{};
    std::vector<ReadResult> results;
  };

  [[nodiscard]] std::shared_ptr<const WorkloadSpec> SpecOf(std::size_t index) const;
  [[nodiscard]] std::shared_ptr<const WorkloadView> ViewOf(std::size_t index) const;
  void Publish(std::size_t index);
  void Churn(Timestamp now);
  [[nodiscard]] std::string PodMetrics(Timestamp now) const;
  [[nodiscard]] std::size_t SourceOf(const SourceName& name) const;

  const FleetOptions options_;
  SkippingClock& clock_;
  Random random_;
  SerialExecutor executor_;
  std::vector<Object> objects_;
  std::vector<std::unique_ptr<Prometheus>> servers_;
  std::vector<std::unique_ptr<Collector>> collectors_;  // One per server; metrics.k8s.io last.
  SharedValue<PodResources> resources_;

  std::vector<WorkloadUpdate> changes_;
  std::deque<Arrival> arrivals_;
  Timestamp reader_free_{};
  std::vector<ScaleOutcome> outcomes_;
  Duration churn_{};
  Timestamp next_churn_{};
  double step_factor_ = 1;
  std::size_t step_each_ = 0;
  std::size_t writes_ = 0;
  std::size_t bytes_read_ = 0;
  std::size_t churned_ = 0;
  Duration reading_{};
};

}  // namespace hpaplus::bench
