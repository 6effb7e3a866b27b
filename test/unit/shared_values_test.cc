#include "engine/kube/shared_values.h"

#include <string>

#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using Text = SharedValue<std::string>;

TEST(SharedValue, IsEqualByValueAndEmptyByDefault) {
  const Text a(std::string("x"));
  const Text b(std::string("x"));
  EXPECT_EQ(a, b);
  EXPECT_NE(a.get(), b.get());
  EXPECT_FALSE(a == Text(std::string("y")));
  EXPECT_EQ(*Text(), "");
  EXPECT_EQ(Text().get(), Text().get());
  Text from = a;
  const Text to = std::move(from);
  EXPECT_EQ(*from, "x")
      << "what is moved from has a value, too";  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(*to, "x");
}

TEST(SharedValues, GiveEqualValuesOnePlace) {
  SharedValues<std::string> values;
  const Text first = values.Share(std::string("x"), 1);
  EXPECT_EQ(values.Share(std::string("x"), 1).get(), first.get());
  const Text other = values.Share(std::string("y"), 1);  // Takes the place over.
  EXPECT_EQ(*other, "y");
  EXPECT_EQ(*first, "x");
  EXPECT_EQ(*values.Share(std::string("x"), 1), "x");
}

}  // namespace
}  // namespace hpaplus::kube
