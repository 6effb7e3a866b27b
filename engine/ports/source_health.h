#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/time.h"

namespace hpaplus {

/// How a source has answered since it was last set. A round is everything that was asked at once;
/// it succeeds when one of its queries at least got an answer that can be used.
struct SourceHealth {
  bool asked = false;
  std::optional<Timestamp> last_success;
  std::uint64_t failures = 0;  // Rounds in a row that did not succeed.
  bool failing = false;        // So many of them that it is no accident.
  bool left_alone = false;     // It does not answer at all and is only probed.
  std::string problem;         // Of the last round; empty when that succeeded. Shows no secret.
  bool operator==(const SourceHealth&) const = default;
};

}  // namespace hpaplus
