#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/model/workload.h"

namespace hpaplus {

/// A decision of this tick, before quota has a say.
struct QuotaAsk {
  WorkloadId workload;
  const WorkloadView* view = nullptr;
  Replicas current = 0;
  Replicas desired = 0;
  bool acts = false;  // Sizes of it are written; else this only says what would be.
};

struct QuotaAnswer {
  Replicas allowed = 0;  // From current to desired.
  std::string resource;  // What is short; empty when nothing is.
  std::string quota;     // Of which ResourceQuota.
};

/// Asked before sizes are written: what of them fits the quotas of their namespaces. Not blocking;
/// the tick's alone.
class QuotaGate {
 public:
  virtual ~QuotaGate() = default;

  /// One answer for each. What is asked for and not there is what quotas grow to next, of those
  /// that act.
  [[nodiscard]] virtual std::vector<QuotaAnswer> Ask(std::span<const QuotaAsk> asks,
                                                     Timestamp now) = 0;
  virtual void Forget(WorkloadId workload) = 0;

  /// Those who were refused something since their namespace has got more.
  [[nodiscard]] virtual std::vector<WorkloadId> TakeFreed() = 0;
};

}  // namespace hpaplus
