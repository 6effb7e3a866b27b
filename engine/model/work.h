#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.h"

namespace hpaplus {

/// Makes a metric the rate at which work arrives: its target is what one replica gets done, and
/// what has piled up is to be gone after a while.
struct QueueSpec {
  std::string backlog;  // The metric that counts what waits; by name.
  Duration drain_time = std::chrono::seconds(60);
  bool operator==(const QueueSpec&) const = default;
};

/// Makes a metric an alarm: while it, or the hottest pod, is above its target, it asks for a step
/// more than the current size, and for nothing otherwise.
struct StepSpec {
  std::int32_t replicas = 1;                     // The larger of the two.
  std::int32_t percent = 0;                      // Of the current size, rounded up.
  Duration cooldown = std::chrono::seconds(60);  // Between two steps; nothing shrinks meanwhile.
  bool operator==(const StepSpec&) const = default;
};

}  // namespace hpaplus
