#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.h"

namespace hpaplus {

/// How far the target is on its way from one revision of its pods to the next, as its status says.
struct RolloutState {
  bool known = false;          // False: the target has no such status, or it has not been read.
  bool rolling = false;        // Pods of an older revision are left that are to be replaced.
  std::int32_t replicas = 0;   // Pods that exist, of all revisions.
  std::int32_t updated = 0;    // Of the newest revision.
  std::string revision_label;  // The pods' label that tells revisions apart; empty: none does.
  std::string revision;        // Its value on pods of the newest revision; empty: not told.
  bool operator==(const RolloutState&) const = default;
};

enum class RolloutMode {
  kIgnore,  // As the HPA: nothing is different.
  kWait,    // Nothing shrinks.
  kHold,    // Nothing changes.
};

/// What may change while the target is being rolled out.
struct RolloutSpec {
  RolloutMode mode = RolloutMode::kWait;
  Duration wait_most = std::chrono::minutes(30);  // Longer is not a rollout but an accident.
  std::int32_t extra_percent_most = 0;  // Growth that makes up for pods that are not ready.
  bool operator==(const RolloutSpec&) const = default;
};

}  // namespace hpaplus
