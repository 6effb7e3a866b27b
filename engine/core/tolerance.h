#pragma once

namespace hpaplus {

/// How far usage over target may be from 1 without anything happening; relative, per direction.
struct Tolerance {
  double down = 0.1;
  double up = 0.1;

  /// Both ends belong to it. NaN never does.
  [[nodiscard]] bool Contains(double ratio) const {
    return (1.0 - down) <= ratio && ratio <= (1.0 + up);
  }
};

}  // namespace hpaplus
