#pragma once

#include <string>

namespace hpaplus::app {

/// "0.1.0".
[[nodiscard]] const char* Version();

/// What `hpaplus version` prints, as a line for people or as JSON (hpaplus.io/v1/version).
[[nodiscard]] std::string VersionText();
[[nodiscard]] std::string VersionJson();

}  // namespace hpaplus::app
