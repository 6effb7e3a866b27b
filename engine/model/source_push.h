#pragma once

#include <chrono>
#include <cstddef>

#include "engine/base/time.h"

namespace hpaplus {

/// spec.push of a source of type Push: what others send to it is kept for a while.
struct PushSource {
  /// How long a series that has fallen silent still belongs to the source, and how late a sample
  /// may come.
  Duration forget_after = std::chrono::minutes(5);
  std::size_t samples_per_series = 64;  // The newest ones; rates need as many as their range has.
  bool anonymous = false;               // Whoever reaches the listener may push.
  bool operator==(const PushSource&) const = default;
};

}  // namespace hpaplus
