#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/time.h"
#include "engine/core/trail.h"
#include "engine/model/behavior.h"

namespace hpaplus {

/// In which direction the samples have pointed lately.
struct Agreement {
  std::int32_t direction = 0;           // -1, 0 or 1.
  std::int32_t samples = 0;             // In a row.
  Timestamp newest = Timestamp::min();  // Of all that were counted: none counts twice.
  bool operator==(const Agreement&) const = default;
};

[[nodiscard]] bool HasConfirmations(const Behavior& behavior);

/// Waits until as many new samples in a row as the direction needs have asked for a change in it.
/// `sample` is the time of the sample that this evaluation goes by, null when there is none: an
/// evaluation without a newer sample neither counts nor breaks the row. A sample that asks for no
/// change, or for the opposite one, begins anew; a change of the size does not. The evidence is
/// the number of samples so far.
[[nodiscard]] StageResult AwaitConfirmations(Replicas current, Replicas asked,
                                             const Behavior& behavior,
                                             std::optional<Timestamp> sample, Agreement& agreement);

}  // namespace hpaplus
