#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/check.h"
#include "engine/model/formula.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> names = {"a", "b", "busy-workers", "5xx"};
  const auto formula = hpaplus::Formula::Compile(text, names);
  if (!formula) return 0;
  const double values[] = {3, 0, -1e308, 7.5};
  const auto value = (*formula)->Evaluate(values);
  HPAPLUS_CHECK(!value || std::isfinite(*value));
  HPAPLUS_CHECK((*formula)->Evaluate(values) == value);
  return 0;
}
