#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/document.h"

namespace hpaplus::collectors {

/// ReadDocument() for JSON. A number that is written as one, or a string that is one.
[[nodiscard]] std::vector<DocumentValues> ReadJsonValues(std::string_view body,
                                                         std::span<const std::string> queries,
                                                         Timestamp at);

}  // namespace hpaplus::collectors
