#pragma once

#include <string_view>

#include "engine/model/decision.h"

namespace hpaplus::app {

/// What gave a size, in two names.
struct LastWord {
  enum class Kind {
    kAsked,    // As the metrics asked.
    kLimited,  // A stage made it another one: `by`.
    kHeld,     // Nothing could be decided, or nothing is to be.
  };

  Kind kind = Kind::kAsked;
  std::string_view by;      // The stage; kHeld: the condition that stands in the way.
  std::string_view reason;  // Empty when kAsked.
};

[[nodiscard]] LastWord LastWordOf(const Decision& decision);
/// "Asked", "Limited", "Held".
[[nodiscard]] std::string_view LastWordKindName(LastWord::Kind kind);

}  // namespace hpaplus::app
