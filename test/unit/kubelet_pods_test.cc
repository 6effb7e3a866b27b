#include "collectors/kubelet_pods.h"

#include <algorithm>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/kubelet_page.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::KubeletPageText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const Timestamp kStart{seconds(1'700'000'000)};

Timestamp At(int second) {
  return kStart + seconds(second);
}

class KubeletPodsTest : public testing::Test {
 protected:
  std::vector<PodUsage> Take(const std::string& body, int second) {
    auto pods = resource_.Take(body, {At(second), At(second) + seconds(1)});
    EXPECT_TRUE(pods) << pods.error().message;
    return pods ? *std::move(pods) : std::vector<PodUsage>();
  }
  std::vector<PodUsage> TakeTraffic(const KubeletPageText& page, int second) {
    auto pods = cadvisor_.Take(page.Cadvisor(), {At(second), At(second) + seconds(1)});
    EXPECT_TRUE(pods) << pods.error().message;
    return pods ? *std::move(pods) : std::vector<PodUsage>();
  }
  Error ErrorOf(const std::string& body) {
    const auto pods = resource_.Take(body, {At(0), At(1)});
    return pods ? Error{ErrorCode::kGone, "it was accepted"} : pods.error();
  }
  // Of a page that has been read before at 0 s with 100 s of cpu.
  PodUsage CpuAfter(int second, double value) {
    (void)Take(KubeletPageText().Cpu("shop", "web-1", 100, At(0)).Resource(), 0);
    return Take(KubeletPageText().Cpu("shop", "web-1", value, At(second)).Resource(), second).at(0);
  }

  KubeletPods resource_{KubeletPage::kResource, {}};
  KubeletPods cadvisor_{KubeletPage::kCadvisor, {}};
};

TEST_F(KubeletPodsTest, ACounterThatWasSeenOnceHasNoRateAndMemoryIsThereAtOnce) {
  const auto pods = Take(KubeletPageText()
                             .Cpu("shop", "web-1", 100, At(-3))
                             .Memory("shop", "web-1", 5e6, At(-3))
                             .Resource(),
                         0);
  ASSERT_EQ(pods.size(), 1U);
  EXPECT_EQ(pods[0].ns, "shop");
  EXPECT_EQ(pods[0].pod, "web-1");
  EXPECT_EQ(pods[0].at, At(-3));
  ASSERT_EQ(pods[0].containers.size(), 1U);
  EXPECT_EQ(pods[0].containers[0].name, "app");
  EXPECT_THAT(pods[0].containers[0].milli, ElementsAre(Pair("memory", 5'000'000'000)));
}

TEST_F(KubeletPodsTest, ARateIsThatBetweenTwoMeasurementsWithTheTimeOfTheLaterOne) {
  const PodUsage pod = CpuAfter(10, 105);
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 500)));
  EXPECT_EQ(pod.at, At(10));
  EXPECT_EQ(pod.window, seconds(10));
}

TEST_F(KubeletPodsTest, ATimeThatWasSeenBeforeIsTheSameMeasurement) {
  (void)CpuAfter(10, 105);
  for (int second = 11; second < 40; ++second) {
    const auto page = KubeletPageText().Cpu("shop", "web-1", 105, At(10)).Resource();
    const PodUsage pod = Take(page, second).at(0);
    EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 500))) << second;
    EXPECT_EQ(pod.at, At(10)) << second;
  }
}

TEST_F(KubeletPodsTest, ALateCopyMovesNothingBack) {
  (void)CpuAfter(10, 105);
  const PodUsage pod = Take(KubeletPageText()
                                .Cpu("shop", "web-1", 101, At(5))
                                .Memory("shop", "web-1", 7, At(5))
                                .Resource(),
                            11)
                           .at(0);
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 500), Pair("memory", 7000)));
  const PodUsage later =
      Take(KubeletPageText().Memory("shop", "web-1", 6, At(4)).Resource(), 12).at(0);
  EXPECT_THAT(later.containers.at(0).milli, testing::Contains(Pair("memory", 7000)));
}

TEST_F(KubeletPodsTest, ACounterThatFellBeganAgainAtZero) {
  EXPECT_THAT(CpuAfter(10, 4).containers.at(0).milli, ElementsAre(Pair("cpu", 400)));
}

TEST_F(KubeletPodsTest, ARestartIsSeenByTheStartTimeEvenIfTheCounterIsHigher) {
  (void)Take(KubeletPageText().Cpu("shop", "web-1", 10, At(0)).Resource(), 0);
  const PodUsage pod = Take(KubeletPageText()
                                .Started("shop", "web-1", At(20))
                                .Cpu("shop", "web-1", 30, At(50))
                                .Resource(),
                            50)
                           .at(0);
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 1000)));
  EXPECT_EQ(pod.window, seconds(30));
}

TEST_F(KubeletPodsTest, RatesOfFrequentMeasurementsAreOverTheWindow) {
  PodUsage pod;
  for (int second = 0; second <= 20; ++second) {
    const double busy = second <= 10 ? 0 : second - 10;
    pod = Take(KubeletPageText().Cpu("shop", "web-1", busy, At(second)).Resource(), second).at(0);
  }
  EXPECT_EQ(pod.window, seconds(5));
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 1000)));
}

TEST_F(KubeletPodsTest, ACounterThatIsReadOnceAnHourHasARateToo) {
  const PodUsage pod = CpuAfter(3600, 1900);
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 500)));
  EXPECT_EQ(pod.window, hours(1));
}

TEST_F(KubeletPodsTest, MeasurementsWithinASecondHaveNoRate) {
  (void)Take(KubeletPageText().Cpu("shop", "web-1", 1, At(0)).Resource(), 0);
  const auto page = KubeletPageText().Cpu("shop", "web-1", 2, At(0) + milliseconds(900));
  EXPECT_THAT(Take(page.Resource(), 1).at(0).containers.at(0).milli, IsEmpty());
}

TEST_F(KubeletPodsTest, AContainerWithoutARateIsThereWithoutCpu) {
  (void)Take(KubeletPageText().Cpu("shop", "web-1", 1, At(0)).Resource(), 0);
  const PodUsage pod = Take(KubeletPageText()
                                .Cpu("shop", "web-1", 2, At(10))
                                .Cpu("shop", "web-1", 9, At(10), "proxy")
                                .Resource(),
                            10)
                           .at(0);
  ASSERT_EQ(pod.containers.size(), 2U);
  EXPECT_THAT(pod.containers[0].milli, ElementsAre(Pair("cpu", 100)));
  EXPECT_EQ(pod.containers[1].name, "proxy");
  EXPECT_THAT(pod.containers[1].milli, IsEmpty()) << "so nobody sums this pod";
}

TEST_F(KubeletPodsTest, ThePodsTimeIsThatOfItsOldestNumber) {
  (void)Take(KubeletPageText().Cpu("shop", "web-1", 1, At(0)).Resource(), 0);
  const PodUsage pod = Take(KubeletPageText()
                                .Cpu("shop", "web-1", 2, At(10))
                                .Memory("shop", "web-1", 2, At(7))
                                .Resource(),
                            10)
                           .at(0);
  EXPECT_EQ(pod.at, At(7));
}

TEST_F(KubeletPodsTest, PodsAreOrderedByNamespaceAndName) {
  const auto pods = Take(KubeletPageText()
                             .Memory("shop", "web-2", 1, At(0))
                             .Memory("bank", "z", 1, At(0))
                             .Memory("shop", "web-1", 1, At(0))
                             .Resource(),
                         0);
  ASSERT_EQ(pods.size(), 3U);
  EXPECT_EQ(pods[0].pod, "z");
  EXPECT_EQ(pods[1].pod, "web-1");
  EXPECT_EQ(pods[2].pod, "web-2");
}

TEST_F(KubeletPodsTest, APodThatIsGoneIsForgottenWithItsCounters) {
  (void)CpuAfter(10, 105);
  EXPECT_THAT(Take(KubeletPageText().Resource(), 20), IsEmpty());
  const PodUsage pod =
      Take(KubeletPageText().Cpu("shop", "web-1", 300, At(30)).Resource(), 30).at(0);
  EXPECT_THAT(pod.containers.at(0).milli, IsEmpty());
}

TEST_F(KubeletPodsTest, WhatLiesInTheFutureIsShownAsThatAndNothingIsCountedFromIt) {
  (void)CpuAfter(10, 105);
  const auto ahead = Take(KubeletPageText()
                              .Cpu("shop", "web-1", 200, At(3600))
                              .Memory("shop", "web-1", 8, At(3600))
                              .Resource(),
                          20)
                         .at(0);
  EXPECT_EQ(ahead.at, At(3600));
  EXPECT_THAT(ahead.containers.at(0).milli, ElementsAre(Pair("memory", 8000)));
  // The clock has been put right.
  for (const int second : {30, 40}) {
    const auto page = KubeletPageText()
                          .Cpu("shop", "web-1", 200 + second, At(second))
                          .Memory("shop", "web-1", 9, At(second));
    const PodUsage pod = Take(page.Resource(), second).at(0);
    EXPECT_EQ(pod.at, At(second));
    if (second == 40) {
      EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 1000), Pair("memory", 9000)));
    }
  }
}

TEST_F(KubeletPodsTest, WhatIsNoNumberNeverBecomesOne) {
  (void)CpuAfter(10, 105);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const PodUsage pod = Take(KubeletPageText()
                                .Cpu("shop", "web-1", kNan, At(20))
                                .Memory("shop", "web-1", kNan, At(20))
                                .Resource(),
                            20)
                           .at(0);
  EXPECT_EQ(pod.at, At(10)) << "the cpu is that of the measurement before";
  EXPECT_THAT(pod.containers.at(0).milli,
              ElementsAre(Pair("cpu", 500), Pair("memory", kInvalidMilli)));
}

TEST_F(KubeletPodsTest, ALineWithoutATimeHasThatOfTheReading) {
  const auto pods =
      Take("container_memory_working_set_bytes{container=\"a\",namespace=\"n\",pod=\"p\"} 1\n", 4);
  EXPECT_EQ(pods.at(0).at, At(4));
}

TEST_F(KubeletPodsTest, AMalformedPageIsRefusedAsAWholeAndLeavesEverythingAsItWas) {
  (void)CpuAfter(10, 105);
  const std::string page = KubeletPageText().Cpu("shop", "web-1", 900, At(20)).Resource();
  EXPECT_THAT(ErrorOf(page + "container_cpu_usage_seconds_total{pod=\n").message,
              HasSubstr("line "));
  EXPECT_EQ(ErrorOf(page + page).code, ErrorCode::kMalformedData);
  EXPECT_THAT(ErrorOf(page + page).message, HasSubstr("occurs twice"));
  EXPECT_EQ(ErrorOf("").message, "there are no metrics");
  EXPECT_EQ(ErrorOf("<html>log in</html>\n").code, ErrorCode::kMalformedData);
  const PodUsage pod =
      Take(KubeletPageText().Cpu("shop", "web-1", 110, At(20)).Resource(), 20).at(0);
  EXPECT_THAT(pod.containers.at(0).milli, ElementsAre(Pair("cpu", 500)));
}

TEST_F(KubeletPodsTest, AKubeletThatCouldNotMeasureHasNoPodsRatherThanIdleOnes) {
  const Error error = ErrorOf("resource_scrape_error 1\nscrape_error 1\n");
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_THAT(error.message, HasSubstr("could not measure"));
  EXPECT_THAT(Take("resource_scrape_error 0\n", 0), IsEmpty()) << "an empty node";
}

TEST_F(KubeletPodsTest, MoreSeriesThanTheLimitAreRefused) {
  KubeletPods few(KubeletPage::kResource, {.series_most = 1});
  const std::string page =
      KubeletPageText().Cpu("shop", "web-1", 1, At(0)).Memory("shop", "web-1", 1, At(0)).Resource();
  const auto pods = few.Take(page, {At(0), At(1)});
  ASSERT_FALSE(pods);
  EXPECT_THAT(pods.error().message, HasSubstr("too many series"));
}

TEST_F(KubeletPodsTest, TrafficIsSummedOverInterfacesAndTheNodesOwnIsLeftOut) {
  for (const int second : {0, 10}) {
    const double bytes = 1000.0 * second;
    const auto pods = TakeTraffic(KubeletPageText()
                                      .Traffic("receive", "web-1", "eth0", bytes, At(second))
                                      .Traffic("receive", "web-1", "eth1", 2 * bytes, At(second))
                                      .Traffic("receive", "web-1", "lo", 9 * bytes, At(second))
                                      .Traffic("transmit", "web-1", "eth0", 5 * bytes, At(second))
                                      .Traffic("transmit", "web-1", "eth1", 0, At(second)),
                                  second);
    ASSERT_EQ(pods.size(), 1U);
    if (second == 0) {
      EXPECT_THAT(pods[0].containers.at(0).milli, IsEmpty());
      continue;
    }
    EXPECT_THAT(pods[0].containers.at(0).milli,
                ElementsAre(Pair("network_receive_bytes_per_second", 3'000'000),
                            Pair("network_transmit_bytes_per_second", 5'000'000)));
    EXPECT_EQ(pods[0].at, At(10));
    EXPECT_EQ(pods[0].window, seconds(10));
  }
}

TEST_F(KubeletPodsTest, AnInterfaceWithoutARateMakesTheSumUnknown) {
  (void)TakeTraffic(KubeletPageText().Traffic("receive", "web-1", "eth0", 0, At(0)), 0);
  const auto pods = TakeTraffic(KubeletPageText()
                                    .Traffic("receive", "web-1", "eth0", 100, At(10))
                                    .Traffic("receive", "web-1", "eth1", 100, At(10)),
                                10);
  EXPECT_THAT(pods.at(0).containers.at(0).milli, IsEmpty());
}

TEST_F(KubeletPodsTest, APodMadeAnewOnItsNodeCountsFromItsOwnBeginning) {
  (void)TakeTraffic(KubeletPageText().Traffic("receive", "web-1", "eth0", 10, At(0), "old"), 0);
  for (const int second : {10, 20}) {
    const auto pods = TakeTraffic(
        KubeletPageText().Traffic("receive", "web-1", "eth0", 1000.0 * second, At(second), "new"),
        second);
    const auto& milli = pods.at(0).containers.at(0).milli;
    if (second == 10) {
      EXPECT_THAT(milli, testing::Not(testing::Contains(
                             Pair("network_receive_bytes_per_second", testing::Gt(0)))));
    } else {
      EXPECT_THAT(milli, testing::Contains(Pair("network_receive_bytes_per_second", 1'000'000)));
    }
  }
}

}  // namespace
}  // namespace hpaplus::collectors
