#include "engine/core/selector_check.h"

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

TEST(SelectorCheck, TakesWhatFindsPods) {
  const std::string long_name(64, 'a');
  struct Case {
    std::string text;
    bool usable;
  };
  const Case cases[] = {
      {"app=web", true},
      {"app=web,tier=front-end_2.0", true},
      {"example.com/app=web", true},
      {"app==web", true},
      {"app in (web,api),!canary", true},
      {"app=", true},
      {"", false},
      {"app in web", false},
      {"app>1,", false},
      {"a=b=c", false},
      {"app=web,", false},
      {"-app=web", false},
      {"app=web-", false},
      {"=web", false},
      {"app=" + long_name, false},
      {long_name + "=web", false},
      {"app=w\xC3\xA9"
       "b",
       false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(IsUsableSelector(c.text), c.usable) << c.text;
  EXPECT_FALSE(IsUsableSelector(std::nullopt));
}

}  // namespace
}  // namespace hpaplus
