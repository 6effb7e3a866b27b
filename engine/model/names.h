#pragma once

#include <string_view>

namespace hpaplus {

/// The rules of Kubernetes for names, each as its API server applies them.

/// At most 63 of a-z, 0-9 and '-', with a letter or digit at both ends.
[[nodiscard]] bool IsDnsLabel(std::string_view text);

/// At most 253 characters: DNS labels, of any length, joined by '.'.
[[nodiscard]] bool IsDnsSubdomain(std::string_view text);

/// "app", "example.com/app".
[[nodiscard]] bool IsLabelKey(std::string_view text);

/// Empty, or at most 63 characters: letters, digits, '-', '_', '.', the first two at both ends.
[[nodiscard]] bool IsLabelValue(std::string_view text);

}  // namespace hpaplus
