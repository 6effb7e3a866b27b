#pragma once

#include "engine/base/time.h"

namespace hpaplus {

enum class SmoothingFunction { kAverage, kMax, kMin, kP50, kP90, kP99, kEwma };

/// What one metric's recent past is boiled down to before it asks for a size.
struct Smoothing {
  Duration window{};  // 1 s .. 1 h.
  SmoothingFunction function = SmoothingFunction::kAverage;
  bool operator==(const Smoothing&) const = default;
};

}  // namespace hpaplus
