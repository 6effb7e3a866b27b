#include "engine/core/elasticity.h"

#include <limits>

#include <gtest/gtest.h>

#include "test/support/workload_builder.h"

namespace hpaplus {
namespace {

using testing::Q;

Behavior With(std::optional<Quantity> up, std::optional<Quantity> down) {
  Behavior behavior;
  behavior.scale_up.elasticity = up;
  behavior.scale_down.elasticity = down;
  return behavior;
}

TEST(Elasticity, TakesAShareOfTheChangeAndRoundsAwayFromTheCurrentSize) {
  struct Case {
    const char* name;
    const char* elasticity;
    Replicas current, asked, size;
    Reason reason;
  };
  const Case cases[] = {
      {"half up", "0.5", 10, 20, 15, Reason::kDamped},
      {"half down", "0.5", 20, 10, 15, Reason::kDamped},
      {"rounded up", "0.5", 10, 13, 12, Reason::kDamped},
      {"rounded down", "0.5", 13, 10, 11, Reason::kDamped},
      {"the last step is taken", "0.01", 10, 11, 11, Reason::kDamped},
      {"and the last one down", "0.01", 11, 10, 10, Reason::kDamped},
      {"overshooting up", "1.2", 10, 20, 22, Reason::kOvershot},
      {"overshooting down", "1.5", 20, 10, 5, Reason::kOvershot},
      {"never below zero", "10", 5, 2, 0, Reason::kOvershot},
      {"noise makes no replica", "1.1", 10, 20, 21, Reason::kOvershot},
      {"one is the plain formula", "1", 10, 17, 17, Reason::kFullChange},
      {"nothing asked", "0.5", 10, 10, 10, Reason::kFullChange},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const StageResult out = TakeShare(c.current, c.asked, With(Q(c.elasticity), Q(c.elasticity)));
    EXPECT_EQ(out.replicas, c.size);
    EXPECT_EQ(out.reason, c.reason);
    EXPECT_DOUBLE_EQ(out.evidence, Q(c.elasticity).AsDouble());
  }
}

TEST(Elasticity, LooksAtTheDirectionOfTheChange) {
  const Behavior behavior = With(Q("2"), Q("0.5"));
  EXPECT_EQ(TakeShare(10, 12, behavior).replicas, 14);
  EXPECT_EQ(TakeShare(10, 6, behavior).replicas, 8);
  EXPECT_EQ(TakeShare(10, 6, With(Q("2"), std::nullopt)).replicas, 6);
}

TEST(Elasticity, DoesNotOverflow) {
  constexpr Replicas kMost = std::numeric_limits<Replicas>::max();
  EXPECT_EQ(TakeShare(1, kMost, With(Q("10"), std::nullopt)).replicas, kMost);
  EXPECT_EQ(TakeShare(kMost, 0, With(std::nullopt, Q("10"))).replicas, 0);
}

TEST(Elasticity, IsThereWhenOneDirectionHasIt) {
  EXPECT_FALSE(HasElasticity(With(std::nullopt, std::nullopt)));
  EXPECT_TRUE(HasElasticity(With(Q("1"), std::nullopt)));
  EXPECT_TRUE(HasElasticity(With(std::nullopt, Q("1"))));
}

}  // namespace
}  // namespace hpaplus
