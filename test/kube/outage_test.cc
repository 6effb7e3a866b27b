// The API server itself fails: it is killed, hangs, forgets. These cases need one of their own, for
// nothing else can be tested meanwhile.

#include <csignal>

#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two periods and a second is what bench/reaction measures; a crowded machine must not fail a test.
constexpr Duration kNormalWithin = seconds(15);

class KubeOutage : public KubeTest {};

TEST_F(KubeOutage, WatchesThatHaveExpiredAreStartedAfresh) {
  StartAt(50);
  const Status expired = cluster().Expire();
  ASSERT_TRUE(expired) << expired.error().message;
  monitor().SetDepth(90);
  EXPECT_TRUE(Reaches(9, kNormalWithin)) << Replicas();
  // A server that has just started asks for patience with custom resources: Retry-After, a second.
  PatchSpec({{"maxReplicas", 7}});
  EXPECT_TRUE(Reaches(7, kNormalWithin)) << Replicas();
}

TEST_F(KubeOutage, AnApiServerThatIsKilledAndComesBackFindsTheEngineAtWork) {
  StartAt(50);
  const Status killed = cluster().KillApiserver();
  ASSERT_TRUE(killed) << killed.error().message;
  monitor().SetDepth(170);
  Pass(seconds(3));
  EXPECT_TRUE(engine().running());
  monitor().SetDepth(80);  // What was wanted meanwhile is not written any more.
  Pass(milliseconds(1500));
  const Status started = cluster().StartApiserver();
  ASSERT_TRUE(started) << started.error().message;
  bool is_right = true;
  EXPECT_TRUE(Eventually(
      [&] {
        const int size = Replicas();
        is_right &= size == 5 || size == 8;
        return size == 8;
      },
      kNormalWithin))
      << Replicas();
  EXPECT_TRUE(is_right) << "a size was written that nothing asked for any more";
  EXPECT_TRUE(Throughout(seconds(2), [&] { return Replicas() == 8; }));
}

TEST_F(KubeOutage, AnApiServerThatHangsDoesNotStopTheEngine) {
  StartAt(50);
  ASSERT_TRUE(cluster().Pause("apiserver"));
  const int asked = monitor().asked();
  monitor().SetDepth(110);
  EXPECT_TRUE(Eventually([&] { return monitor().asked() > asked + 5; }))
      << "evaluations stand still";
  ASSERT_TRUE(cluster().Resume("apiserver"));
  EXPECT_TRUE(Reaches(11, kNormalWithin)) << Replicas();
}

TEST_F(KubeOutage, AnApiServerThatIsDownAtTheStartIsWaitedFor) {
  monitor().SetDepth(50);
  ApplyDeployment(1);
  ApplySource();
  ApplyObject();
  ASSERT_TRUE(cluster().KillApiserver());
  HpaplusProcess::Options options;
  options.wait_until_ready = false;
  StartEngine(options);
  Pass(seconds(2));
  EXPECT_TRUE(engine().running());
  EXPECT_FALSE(engine().ready());
  ASSERT_TRUE(cluster().StartApiserver());
  EXPECT_TRUE(Reaches(5)) << engine().Log();
}

TEST_F(KubeOutage, SigtermEndsItEvenWhileEverythingHangs) {
  StartAt(50);
  monitor().Hang();
  ASSERT_TRUE(cluster().Pause("apiserver"));
  Pass(seconds(2));
  engine().Signal(SIGTERM);
  const auto code = engine().Wait(seconds(5));
  ASSERT_TRUE(cluster().Resume("apiserver"));
  EXPECT_EQ(code, 0) << engine().Log();
  StopEngine();
}

}  // namespace
}  // namespace hpaplus::test
