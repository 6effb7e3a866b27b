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
  if (!formula) {
    // The column that a problem names is one of the text, or the one after it.
    const std::string& message = formula.error().message;
    constexpr std::string_view kColumn = "formula: column ";
    if (message.starts_with(kColumn)) {
      const std::size_t column = std::stoul(message.substr(kColumn.size()));
      HPAPLUS_CHECK(column >= 1 && column <= size + 1);
    }
    return 0;
  }
  HPAPLUS_CHECK(size <= hpaplus::Formula::kTextMost);
  const double values[] = {3, 0, -1e308, 7.5};
  const auto value = (*formula)->Evaluate(values);
  HPAPLUS_CHECK(!value || std::isfinite(*value));
  HPAPLUS_CHECK((*formula)->Evaluate(values) == value);
  // An input that it does not use makes no difference.
  for (std::size_t i = 0; i < names.size(); ++i) {
    double others[] = {3, 0, -1e308, 7.5};
    others[i] = 1e6;
    const auto other = (*formula)->Evaluate(others);
    HPAPLUS_CHECK(!other || std::isfinite(*other));
    HPAPLUS_CHECK((*formula)->Uses(i) || other == value);
  }
  return 0;
}
