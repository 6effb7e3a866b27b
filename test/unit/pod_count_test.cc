#include "collectors/pod_count.h"

#include <gmock/gmock.h>

#include "test/support/fake_http_client.h"
#include "test/support/fake_pod_directory.h"

namespace hpaplus::collectors {
namespace {

using testing::HasSubstr;

class PodCountTest : public testing::Test {
 protected:
  const Timestamp now_{std::chrono::seconds(1'700'000'000)};
  test::FakeHttpClient http_;
  SerialExecutor executor_;
  test::FakePodDirectory pods_;

  void Add(const std::string& name, PodPhase phase, const std::string& app, bool deleting = false) {
    pods_.pods["shop"].push_back(
        {{.name = name, .phase = phase, .deleting = deleting}, {{"app", app}}});
  }

  ReadingResult Count(const std::string& selector, const std::string& ns = "shop") {
    auto collector = PodCountCollector::Create({}, {http_, executor_, &pods_});
    const MetricQuery query{.ns = ns, .expression = selector};
    return (*collector)->Collect({&query, 1}, {now_, now_ + std::chrono::seconds(1), {}}).at(0);
  }
};

TEST_F(PodCountTest, CountsWhatHasNotEnded) {
  Add("a", PodPhase::kRunning, "web");
  Add("b", PodPhase::kPending, "web");
  Add("c", PodPhase::kUnknown, "web");
  Add("d", PodPhase::kRunning, "web", /*deleting=*/true);
  Add("e", PodPhase::kSucceeded, "web");
  Add("f", PodPhase::kFailed, "web");
  Add("g", PodPhase::kRunning, "db");
  const auto counted = Count("app=web");
  ASSERT_TRUE(counted) << counted.error().message;
  ASSERT_EQ((*counted)->values.size(), 1U);
  EXPECT_EQ((*counted)->values[0].value, 4);
  EXPECT_EQ((*counted)->values[0].milli, 4000);
  EXPECT_EQ((*counted)->values[0].at, now_);
  EXPECT_EQ((*Count("app in (web,db)"))->values[0].value, 5);
  EXPECT_EQ((*Count("app!=web"))->values[0].value, 1);
  EXPECT_EQ((*Count("tier"))->values[0].value, 0);
  EXPECT_EQ((*Count("!tier"))->values[0].value, 5);
}

TEST_F(PodCountTest, CountsInTheAskersNamespaceOnly) {
  Add("a", PodPhase::kRunning, "web");
  EXPECT_EQ((*Count("app=web", "other"))->values[0].value, 0) << "no pod is an answer";
}

TEST_F(PodCountTest, TakesNotKnownForAnErrorAndNotForZero) {
  pods_.problem = Error{ErrorCode::kUnavailable, "the pods have not been read yet"};
  const auto counted = Count("app=web");
  ASSERT_FALSE(counted);
  EXPECT_EQ(counted.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(counted.error().message, "pod count: the pods have not been read yet");
}

TEST_F(PodCountTest, SaysWhatIsWrongWithTheSelector) {
  const auto broken = Count("app=");
  EXPECT_TRUE(broken) << "an empty value is a value";
  EXPECT_THAT(Count("app in (").error().message, HasSubstr("pod count: label selector: "));
  EXPECT_EQ(Count("app in (").error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(Count("rank>5").error().message, HasSubstr("rank>5 has no place here"));
}

TEST_F(PodCountTest, NeedsACluster) {
  EXPECT_EQ(PodCountCollector::Create({}, {http_, executor_}).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpaplus::collectors
