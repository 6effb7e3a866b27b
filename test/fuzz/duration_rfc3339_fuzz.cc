#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto at = hpaplus::ParseRfc3339(text)) {
    const auto again = hpaplus::ParseRfc3339(hpaplus::FormatRfc3339(*at, true));
    HPAPLUS_CHECK(again.has_value() && *again == *at);
  }
  if (const auto duration = hpaplus::ParseDuration(text)) {
    const auto again = hpaplus::ParseDuration(hpaplus::FormatDuration(*duration));
    HPAPLUS_CHECK(again.has_value() && *again == *duration);
  }
  return 0;
}
