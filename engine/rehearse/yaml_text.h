#pragma once

#include <string>
#include <string_view>

namespace hpaplus::rehearse {

/// JSON as YAML in block style, for people: two spaces a level, plain text where YAML takes it for
/// what it is, in double quotes otherwise. Precondition: it is JSON.
[[nodiscard]] std::string YamlOf(std::string_view json);

}  // namespace hpaplus::rehearse
