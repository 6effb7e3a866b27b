#pragma once

#include <optional>
#include <string_view>

#include "engine/base/time.h"

namespace hpaplus {

/// Whether an API server looks at this format of a string at all, and whether we do.
[[nodiscard]] bool IsCheckedFormat(std::string_view format);

/// Precondition: IsCheckedFormat(format).
[[nodiscard]] bool HasFormat(std::string_view text, std::string_view format);

/// A duration as an API server's "format: duration" reads it: Go's text with a sign, else all
/// numbers with a unit in it, "1 day" and "2 weeks, 1 hour" included. Null: it is none.
[[nodiscard]] std::optional<Duration> ReadLooseDuration(std::string_view text);

}  // namespace hpaplus
