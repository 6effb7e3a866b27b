#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::demo {

/// A recorded load, replayed so that the whole of it fits into a given time.
class Trace {
 public:
  /// `csv` has the header t_seconds,value and at least one row. kMalformedData names the line.
  static Result<Trace> Parse(std::string_view csv, Duration replay_in);

  /// The value `elapsed` after the start; the last one after the end.
  [[nodiscard]] double At(Duration elapsed) const;

  /// How much faster than recorded.
  [[nodiscard]] double speed() const { return speed_; }
  [[nodiscard]] Duration step() const { return step_; }

 private:
  std::vector<double> values_;
  Duration step_{};
  double speed_ = 1;
};

}  // namespace hpaplus::demo
