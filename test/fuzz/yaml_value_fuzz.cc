// A path, a newline, and the document it leads into: no crash, and every number that is found is
// finite unless it is a sum.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/document.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const std::string path(input.substr(0, end));
  const auto numbers = hpaplus::collectors::ReadDocument(hpaplus::DocumentFormat::kYaml,
                                                         input.substr(end + 1), {&path, 1}, {});
  HPAPLUS_CHECK(numbers.size() == 1);
  if (numbers.front()) {
    HPAPLUS_CHECK(numbers.front()->size() <= 1);
    for (const auto& number : *numbers.front())
      HPAPLUS_CHECK(path.find('*') != std::string::npos || std::isfinite(number.value));
  } else {
    HPAPLUS_CHECK(numbers.front().error().message.find('\n') == std::string::npos);
  }
  return 0;
}
