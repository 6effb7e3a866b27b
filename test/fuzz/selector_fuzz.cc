#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/label_selector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto selector = hpaplus::ParseSelector(text);
  if (!selector) return 0;
  const hpaplus::Labels labels{{"a", "1"}, {"app", "web"}, {"tier", ""}};
  const auto again = hpaplus::ParseSelector(selector->ToString());
  HPAPLUS_CHECK(again.has_value() && *again == *selector);
  HPAPLUS_CHECK(again->Matches(labels) == selector->Matches(labels));
  return 0;
}
