#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus::embedded {

/// Where the next page of a list begins.
struct ContinueToken {
  std::optional<std::uint64_t> version;  // None: at whatever version is present.
  std::string start;                     // "namespace/name"

  /// kInvalidArgument when the text is none of ours.
  [[nodiscard]] static Result<ContinueToken> Parse(std::string_view text);
  [[nodiscard]] std::string ToString() const;
};

}  // namespace hpaplus::embedded
