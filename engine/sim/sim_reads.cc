// How SimWorld answers reads: what a source would have measured, and what faults make of it.

#include <cmath>
#include <limits>
#include <utility>

#include "engine/sim/sim_world.h"

namespace hpaplus::sim {
namespace {

constexpr Duration kStaleBy = std::chrono::minutes(10);
constexpr Duration kAheadBy = std::chrono::minutes(1);

bool AsksResources(const WorkloadSpec& spec) {
  for (const MetricSpec& metric : spec.metrics) {
    if (metric.type == MetricType::kResource) return true;
  }
  return false;
}

}  // namespace

bool SimWorld::ReadFate::sound() const {
  return !fails && !hangs && age == Duration::zero() && !nan && !negative && !absent;
}

SimWorld::ReadFate SimWorld::DrawReadFate() {
  const Faults& faults = options_.faults;
  ReadFate fate;
  fate.fails = reads_random_.Chance(faults.read_fails);
  fate.hangs = reads_random_.Chance(faults.read_hangs);
  const bool slow = reads_random_.Chance(faults.read_slow);
  const double latency = reads_random_.Uniform();
  fate.latency = std::chrono::microseconds(std::llround(5'000 + latency * (slow ? 3e6 : 45e3)));
  if (reads_random_.Chance(faults.sample_stale)) fate.age = kStaleBy;
  if (reads_random_.Chance(faults.sample_future)) fate.age = -kAheadBy;
  fate.nan = reads_random_.Chance(faults.sample_nan);
  fate.negative = reads_random_.Chance(faults.sample_negative);
  fate.absent = reads_random_.Chance(faults.sample_absent);
  fate.duplicate = reads_random_.Chance(faults.sample_duplicate);
  fate.incomplete = reads_random_.Chance(faults.sample_incomplete);
  return fate;
}

void SimWorld::Start(std::span<const ReadRequest> requests) {
  for (const ReadRequest& request : requests) {
    const ReadFate fate = DrawReadFate();
    const Timestamp at = fate.hangs ? request.deadline : now_ + fate.latency;
    Arrival arrival = Ask(request, fate);
    if (at >= request.deadline) {
      arrival.result.reading = Error{ErrorCode::kDeadlineExceeded, "sim: no answer in time"};
      arrival.evidence.sound = false;
    }
    events_.At(std::min(at, request.deadline), [this, arrival = std::move(arrival)] {
      arrivals_.push_back(arrival);
      news_ = true;
    });
  }
}

SimWorld::Arrival SimWorld::Ask(const ReadRequest& request, const ReadFate& fate) {
  Arrival arrival{{request.id, Error{ErrorCode::kUnavailable, "sim: the source fails"}}, {}, {}};
  arrival.evidence = {fate.sound(), now_ - fate.age};
  Reading reading;
  if (request.read->query.type == MetricType::kResource) {
    for (std::uint32_t i = 0; i < targets_.size(); ++i) {
      if (AsksResources(targets_[i].options.spec)) arrival.about.push_back(WorkloadId{i});
    }
    reading = MeasureAll(fate);
  } else {
    const auto found = by_name_.find(request.read->query.expression);
    if (found == by_name_.end()) {
      arrival.result.reading = Error{ErrorCode::kNotFound, "sim: no such query"};
      return arrival;
    }
    arrival.about.push_back(found->second);
    if (fate.duplicate) arrival.evidence.sound = false;  // Which of the two is it?
    reading = Measure(targets_[found->second.index], fate);
  }
  if (!fate.fails) {
    arrival.result.reading = std::make_shared<const Reading>(std::move(reading));
  }
  return arrival;
}

Reading SimWorld::Measure(const Target& target, const ReadFate& fate) const {
  Reading reading;
  reading.received = now_;
  if (fate.absent) return reading;
  ScalarSample sample{now_ - fate.age, target.plant.Demand(now_), 0};
  if (fate.negative) sample.value = -sample.value - 1;
  if (fate.nan) sample.value = std::numeric_limits<double>::quiet_NaN();
  sample.milli = fate.nan ? kInvalidMilli : std::llround(sample.value * 1000);
  reading.values.push_back(sample);
  if (fate.duplicate) {
    sample.value *= 0.1;
    reading.values.push_back(sample);
  }
  return reading;
}

Reading SimWorld::MeasureAll(const ReadFate& fate) const {
  constexpr std::size_t kEveryThird = 3;
  Reading reading;
  reading.received = now_;
  if (fate.absent) return reading;
  std::vector<PodUsage> pods;
  for (const auto& [name, id] : by_name_) {
    const Target& target = targets_[id.index];
    if (AsksResources(target.options.spec)) {
      target.plant.Measure(target.options.spec.ns, now_ - fate.age, pods);
    }
  }
  for (PodUsage& usage : pods) {
    std::int64_t& milli = usage.containers.front().milli.front().second;
    if (fate.negative) milli = -milli - 1;
    if (fate.nan) milli = kInvalidMilli;
  }
  if (fate.duplicate && !pods.empty()) {
    // One pod twice, as when its metrics moved between two scrapes: still one sound number.
    pods.push_back(pods.back());
  }
  if (fate.incomplete) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pods.size(); ++i) {
      if (i % kEveryThird != 0) pods[kept++] = std::move(pods[i]);
    }
    pods.resize(kept);
  }
  reading.pod_usage = PodUsageTable(pods);
  return reading;
}

std::vector<ReadResult> SimWorld::TakeArrived() {
  std::vector<ReadResult> results;
  for (Arrival& arrival : arrivals_) {
    for (const WorkloadId id : arrival.about)
      targets_[id.index].evidence = arrival.evidence;
    results.push_back(std::move(arrival.result));
  }
  arrivals_.clear();
  return results;
}

}  // namespace hpaplus::sim
