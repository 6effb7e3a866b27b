#pragma once

#include <cstddef>
#include <string>

#include "engine/base/result.h"

namespace hpaplus::kube {

/// kNotFound, kPermissionDenied or kUnavailable when it cannot be read, kMalformedData when it is
/// longer than that. The message names the file.
[[nodiscard]] Result<std::string> ReadFile(const std::string& file, std::size_t max_bytes);

}  // namespace hpaplus::kube
