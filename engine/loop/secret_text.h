#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/ports/http_client.h"

namespace hpaplus {

/// What of these credentials must not be seen: values as they are and as they travel. Those of
/// fewer than four characters are left out: hiding them would hide everything.
[[nodiscard]] std::vector<std::string> SecretValuesOf(const HttpAuth& auth);

/// Writes "***" wherever one of the secrets stands: a server may well repeat what it was sent.
[[nodiscard]] std::string HideSecrets(std::string text, std::span<const std::string> secrets);

}  // namespace hpaplus
