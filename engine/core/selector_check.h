#pragma once

#include <optional>
#include <string>

namespace hpaplus {

/// Whether pods can be found by a scale's selector: there is one, it is not empty, and it parses.
/// What nearly all selectors look like ("app=web,tier=front") is checked in passing, without
/// parsing it into memory.
[[nodiscard]] bool IsUsableSelector(const std::optional<std::string>& selector);

}  // namespace hpaplus
