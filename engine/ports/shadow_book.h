#pragma once

#include <optional>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// Where an object that writes nothing would have brought its target by now if it did;
/// docs/dry-run.md says how that is known, and when it is not.
struct ShadowState {
  Timestamp since{};           // It began with the size that the target had then.
  Replicas replicas = 0;       // To which its own decisions have led.
  Replicas ready = 0;          // Of these, whose start is over.
  bool known = false;          // False: the last one held, because too much was unknown.
  bool demand_hidden = false;  // The real pods are saturated: more may be asked for than is seen.
  Duration startup{};          // That a new replica takes.
  bool startup_observed = false;  // Of the real pods; false: the default.
  bool operator==(const ShadowState&) const = default;
};

/// The shadows of all objects that have one, for those who tell people about decisions: what it
/// says when a decision is recorded goes with that decision. Not thread-safe: all calls come from
/// the tick.
class ShadowBook {
 public:
  void Set(WorkloadId id, const ShadowState& state) {
    if (states_.size() <= id.index) states_.resize(id.index + 1U);
    states_[id.index] = state;
  }
  void Erase(WorkloadId id) {
    if (id.index < states_.size()) states_[id.index].reset();
  }
  /// Null: it has none.
  [[nodiscard]] const ShadowState* Find(WorkloadId id) const {
    return id.index < states_.size() && states_[id.index] ? &*states_[id.index] : nullptr;
  }

 private:
  std::vector<std::optional<ShadowState>> states_;
};

}  // namespace hpaplus
