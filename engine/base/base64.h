#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hpaplus {

/// RFC 4648's standard alphabet with its padding, nothing else: no line breaks. Nothing when the
/// text is malformed.
[[nodiscard]] std::optional<std::string> DecodeBase64(std::string_view text);
[[nodiscard]] std::string EncodeBase64(std::string_view bytes);

}  // namespace hpaplus
