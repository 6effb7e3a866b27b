#include "engine/loop/dry_run_actuator.h"

#include <gtest/gtest.h>

#include "engine/loop/engine.h"
#include "test/support/fake_world.h"

namespace hpaplus {
namespace {

TEST(DryRunActuator, S8_ShowsWhatWouldBeWrittenAndCountsNothing) {
  testing::FakeWorld fake;
  DryRunActuator actuator;
  World world = fake.world();
  Engine engine({},
                {world.clock, world.cluster, world.feed, actuator, world.journal, world.executor},
                testing::MakeFollowers);
  WorkloadSpec spec = testing::SpecWith("shop", {"load"});
  spec.behavior->scale_up.policies = {{ScalingPolicyType::kPods, 4, 60}};
  fake.changes.push_back({WorkloadId{0}, testing::ViewOf(spec, 2)});
  engine.Tick();
  for (int i = 0; i < 5; ++i) {
    fake.now = engine.next();
    engine.Tick();
    for (const ReadRequest& request : std::exchange(fake.requests, {}))
      fake.arrived.push_back({request.id, testing::Answer(50, fake.now)});
    engine.Tick();
  }
  EXPECT_TRUE(fake.commands.empty());
  ASSERT_EQ(fake.decisions.size(), 5U);
  for (const Decision& decision : fake.decisions) {
    EXPECT_TRUE(decision.acts);
    EXPECT_EQ(decision.desired, 6) << "a write that never was has used up the rate";
  }
  ASSERT_GE(fake.settled.size(), 4U);
  ASSERT_FALSE(fake.settled[0].second);
  EXPECT_EQ(fake.settled[0].second.error().code, ErrorCode::kGone);
  EXPECT_EQ(fake.settled[0].second.error().message, "dry run: not written");
}

}  // namespace
}  // namespace hpaplus
