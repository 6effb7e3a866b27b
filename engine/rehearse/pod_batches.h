#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/model/reading.h"
#include "engine/rehearse/rehearsed_spec.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::rehearse {

/// The pods of one plant, where those that started together are one pod that is shown so many
/// times: what is decided from them is the same, and takes as long as there are batches. Not
/// thread-safe.
class PodBatches {
 public:
  PodBatches(const WorkloadSpec& spec, const RunOptions& options, Timestamp start);

  void Resize(Replicas replicas, Timestamp now);
  /// So many serve from now on.
  void Serve(Replicas ready, Timestamp now);
  void Show(std::vector<std::shared_ptr<const Pod>>& pods);

  void MeasureUsage(const Measured& measured, Reading& reading);
  void MeasureServed(const Measured& measured, Reading& reading);

 private:
  struct Batch {
    std::shared_ptr<Pod> pod;
    Replicas count = 0;
  };

  void Start(Replicas count, Timestamp now);
  std::size_t EndOfMeasured(Replicas ready);

  const std::string ns_;
  const RunOptions options_;
  const SharedValue<PodResources> resources_;
  std::vector<Batch> batches_;  // Oldest first.
  Replicas replicas_ = 0;
  std::uint64_t next_pod_ = 0;
  bool changed_ = true;
};

}  // namespace hpaplus::rehearse
