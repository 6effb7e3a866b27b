#include "engine/rehearse/pod_batches.h"

#include <algorithm>

#include <fmt/core.h>

namespace hpaplus::rehearse {

PodBatches::PodBatches(const WorkloadSpec& spec, const RunOptions& options, Timestamp start)
    : ns_(spec.ns), options_(options), resources_(ResourcesFor(spec)) {
  Start(options.plant.initial, start);
  Serve(options.plant.initial, start);
}

void PodBatches::Start(Replicas count, Timestamp now) {
  if (count <= 0) return;
  auto pod = std::make_shared<Pod>();
  pod->name = fmt::format("pod-{:010}", next_pod_++);
  pod->resources = resources_;
  pod->phase = PodPhase::kPending;
  pod->start_time = now;
  batches_.push_back({std::move(pod), count});
  replicas_ += count;
  changed_ = true;
}

void PodBatches::Resize(Replicas replicas, Timestamp now) {
  while (replicas_ > replicas) {
    Batch& newest = batches_.back();
    const Replicas taken = std::min(replicas_ - replicas, newest.count);
    newest.count -= taken;
    replicas_ -= taken;
    if (newest.count == 0) batches_.pop_back();
    changed_ = true;
  }
  Start(replicas - replicas_, now);
}

void PodBatches::Serve(Replicas ready, Timestamp now) {
  Replicas before = 0;
  for (Batch& batch : batches_) {
    if (before >= ready) break;
    before += batch.count;
    if (batch.pod->ready) continue;
    batch.pod->phase = PodPhase::kRunning;
    batch.pod->ready = ReadyCondition{ConditionStatus::kTrue, now};
  }
}

void PodBatches::Show(std::vector<std::shared_ptr<const Pod>>& pods) {
  if (!changed_) return;
  changed_ = false;
  pods.clear();
  for (const Batch& batch : batches_)
    pods.insert(pods.end(), static_cast<std::size_t>(batch.count), batch.pod);
}

// How many batches were measured; one that was in part becomes two.
std::size_t PodBatches::EndOfMeasured(Replicas ready) {
  Replicas before = 0;
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    if (before >= ready) return i;
    const Replicas inside = std::min(batches_[i].count, ready - before);
    if (inside < batches_[i].count) {
      auto rest = std::make_shared<Pod>(*batches_[i].pod);
      rest->name += "-";
      const Replicas outside = batches_[i].count - inside;
      batches_[i].count = inside;
      batches_.insert(batches_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                      {std::move(rest), outside});
      changed_ = true;
      return i + 1;
    }
    before += inside;
  }
  return batches_.size();
}

void PodBatches::MeasureServed(const Measured& measured, Reading& reading) {
  const std::int64_t served = ServedMilli(measured, options_.plant.capacity_per_replica);
  const std::size_t end = EndOfMeasured(measured.ready);
  reading.pod_values.clear();
  for (std::size_t i = 0; i < end; ++i)
    reading.pod_values.push_back({batches_[i].pod->name, measured.at, options_.scrape, served});
}

void PodBatches::MeasureUsage(const Measured& measured, Reading& reading) {
  const std::int64_t used = UsedMilli(measured, options_.plant.capacity_per_replica);
  const std::size_t end = EndOfMeasured(measured.ready);
  PodUsageTable table;
  table.Reserve(end);
  for (std::size_t i = 0; i < end; ++i) {
    table.BeginPod();
    table.SetNamespace(ns_);
    table.SetName(batches_[i].pod->name);
    table.SetTime(measured.at);
    table.SetWindow(options_.scrape);
    for (const Container& container : resources_->containers) {
      table.BeginContainer();
      table.SetContainer(container.name);
      for (const auto& [resource, request] : container.requests)
        (void)table.Add(resource, used);
    }
  }
  reading.pod_usage = std::move(table);
}

}  // namespace hpaplus::rehearse
