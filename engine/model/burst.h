#pragma once

#include <cstdint>

#include "engine/base/time.h"

namespace hpaplus {

/// Whom a burst is measured against.
enum class BurstCapacity {
  kReady,     // The pods that serve now: Knative's rule.
  kStarting,  // And those on their way: what has been ordered is not ordered again.
};

/// When to leave caution aside. Defaults are Knative's.
struct BurstSpec {
  Duration stable_window = std::chrono::seconds(60);  // 6 s .. 1 h.
  std::int32_t burst_window_percent = 10;             // Of the stable window; 1 .. 100.
  std::int32_t threshold_percent = 200;               // Of what the pods can carry; 110 .. 1000.
  BurstCapacity capacity = BurstCapacity::kReady;
  bool operator==(const BurstSpec&) const = default;
};

}  // namespace hpaplus
