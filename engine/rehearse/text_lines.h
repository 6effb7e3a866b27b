#pragma once

#include <cstddef>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus::rehearse {

/// Without blanks, tabs and carriage returns at both ends.
[[nodiscard]] std::string_view WithoutBlanks(std::string_view text);

/// The next line without its end and without blanks; takes it off the text.
std::string_view TakeLine(std::string_view& text);

/// kMalformedData that says in which line.
[[nodiscard]] Error AtLine(std::size_t line, std::string_view what);

}  // namespace hpaplus::rehearse
