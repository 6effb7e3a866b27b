#pragma once

#include "engine/base/time.h"

namespace hpaplus {

/// One number of a series at a time.
struct TimedValue {
  Timestamp at{};
  double value = 0;
  bool operator==(const TimedValue&) const = default;
};

}  // namespace hpaplus
