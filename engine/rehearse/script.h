#pragma once

#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::rehearse {

/// What a source says at one step of a scripted series.
struct ScriptPoint {
  enum class Kind {
    kValue,
    kNothingNew,  // The sample of before, with its time.
    kEmpty,       // An answer without any sample.
    kFails,       // The source cannot be read.
  };
  Kind kind = Kind::kValue;
  double value = 0;  // May be NaN and negative: that is what is tried out.
  Duration lag{};    // So old is the sample.
  bool operator==(const ScriptPoint&) const = default;
};

inline constexpr std::size_t kScriptPointsMost = 1'000'000;

/// Reads what docs/test.md describes: elements with blanks between them, each one or more steps of
/// `interval`.
///
///     5  5x60  5+2x10  5-1x3    a number; sixty times; 5, 7, 9, ... ten of them; 5, 4, 3
///     _  stale  NaN  reset      nothing new; no sample; no number; zero. Each with xN too
///     outage(30s)               the source fails for so long
///     lag(10s)                  from here on samples are so old; lag(0s) ends it
///     jitter(3)                 from here on up to so much is added or taken away, always the same
///
/// kMalformedData names the element.
[[nodiscard]] Result<std::vector<ScriptPoint>> ParseScript(std::string_view text,
                                                           Duration interval);

}  // namespace hpaplus::rehearse
