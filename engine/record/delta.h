#pragma once

#include <string>
#include <string_view>

#include "engine/record/packer.h"

namespace hpaplus::record {

// A text as what differs from the one before, which is kept on both sides: most of what is
// recorded every second is what was recorded a second ago.

/// Writes `next` and makes it the one before.
void PutDelta(Packer& packer, std::string next, std::string& before);

/// Reads it into `before`; true: it is another one. A text of more than `most` bytes is bad.
[[nodiscard]] bool TakeDelta(Unpacker& unpacker, std::size_t most, std::string& before);

}  // namespace hpaplus::record
