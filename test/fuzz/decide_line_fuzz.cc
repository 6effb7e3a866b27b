// A line of `hpaplus decide`, with everything that is decided from it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/replay/answer_line.h"
#include "policies/builtin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpaplus::PolicyFactory kPolicies = hpaplus::policies::MakeBuiltinPolicies;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto answer = hpaplus::replay::AnswerLine(line, kPolicies, {true});
  if (!answer) return 0;
  HPAPLUS_CHECK(answer->find('\n') == std::string::npos);
  const auto again = hpaplus::replay::AnswerLine(line, kPolicies, {true});
  HPAPLUS_CHECK(again.has_value() && *again == *answer);
  return 0;
}
