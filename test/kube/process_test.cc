// The process: it stops when told to, and a restart never shrinks anything.

#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class KubeProcess : public KubeTest {
 protected:
  void Kill() {
    engine().Signal(SIGKILL);
    EXPECT_EQ(engine().Wait(seconds(5)), 128 + SIGKILL);
  }
};

const Json kSlowDown = {{"behavior", {{"scaleDown", {{"stabilizationWindowSeconds", 60}}}}}};

TEST_F(KubeProcess, SigtermEndsItWithinFiveSecondsAndCodeZero) {
  StartAt(50);
  engine().Signal(SIGTERM);
  EXPECT_EQ(engine().Wait(seconds(5)), 0) << engine().Log();
  StopEngine();
}

TEST_F(KubeProcess, SigintEndsItTheSameWay) {
  StartAt(50);
  engine().Signal(SIGINT);
  EXPECT_EQ(engine().Wait(seconds(5)), 0) << engine().Log();
  StopEngine();
}

TEST_F(KubeProcess, ARestartNeverShrinksBeforeTheWindowIsOver) {
  StartAt(150, kSlowDown);
  Kill();
  monitor().SetDepth(20);
  StartEngine();
  const int asked = monitor().asked();
  EXPECT_TRUE(Throughout(seconds(5), [&] { return Replicas() == 15; })) << Replicas();
  EXPECT_GE(monitor().asked(), asked + 3) << "it was not evaluated";
  monitor().SetDepth(180);
  EXPECT_TRUE(Reaches(18)) << Replicas();
}

TEST_F(KubeProcess, ARestartWithoutMetricsHoldsTheSize) {
  StartAt(150);
  Kill();
  monitor().Refuse(503);
  StartEngine();
  EXPECT_TRUE(Throughout(seconds(4), [&] { return Replicas() == 15; })) << Replicas();
  monitor().SetDepth(120);
  EXPECT_TRUE(Reaches(12)) << Replicas();
}

TEST_F(KubeProcess, ARestartKeepsTheStatusThatStillHolds) {
  StartAt(50);
  ASSERT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; }));
  Json before;
  ASSERT_TRUE(Eventually([&] {  // It tells of the change of size first, then of the rest.
    before = StatusOf();
    Pass(seconds(2));
    return before.contains("lastScaleTime") && StatusOf() == before;
  }));
  Kill();
  StartEngine();
  const int asked = monitor().asked();
  ASSERT_TRUE(Eventually([&] { return monitor().asked() >= asked + 3; }));
  Pass(milliseconds(500));
  EXPECT_EQ(StatusOf().value("lastScaleTime", ""), before.value("lastScaleTime", ""));
  EXPECT_EQ(StatusOf().at("conditions"), before.at("conditions"));
}

}  // namespace
}  // namespace hpaplus::test
