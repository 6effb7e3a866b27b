// The short way of checking a selector never says anything else than the parser.

#include <string>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/core/selector_check.h"
#include "engine/model/label_selector.h"

namespace hpaplus {
namespace {

TEST(SelectorCheckProperty, AgreesWithTheParser) {
  constexpr std::string_view kAlphabet = "aaaabbZ09--__../=,,==!>< ()";
  Random random(20261123);
  int usable = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string text;
    for (auto length = random.Next() % 12 + 1; length > 0; --length)
      text += kAlphabet[random.Next() % kAlphabet.size()];
    if (random.Chance(0.1)) text += "=" + std::string(random.Next() % 3 + 62, 'a');
    const bool parses = ParseSelector(text).has_value();
    ASSERT_EQ(IsUsableSelector(text), parses) << text;
    usable += parses ? 1 : 0;
  }
  EXPECT_GT(usable, 1000) << "hardly anything valid was tried";
}

}  // namespace
}  // namespace hpaplus
