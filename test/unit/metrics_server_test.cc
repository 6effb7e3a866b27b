#include "collectors/metrics_server.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/metrics_server_reply.h"
#include "test/support/fake_kube_read.h"

namespace hpaplus::collectors {
namespace {

using test::FakeKubeRead;

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};

std::string Item(const std::string& ns, const std::string& pod, const std::string& cpu = "1") {
  return R"({"metadata":{"name":")" + pod + R"(","namespace":")" + ns +
         R"(","creationTimestamp":"2026-11-23T04:00:00Z","labels":{"name":"decoy"}},)"
         R"("timestamp":"2026-11-23T04:00:01Z","window":"15.5s",)"
         R"("containers":[{"name":"app","usage":{"cpu":")" +
         cpu + R"(","memory":"1Mi"}}]})";
}

std::string List(const std::string& items) {
  return R"({"kind":"PodMetricsList","apiVersion":"metrics.k8s.io/v1beta1","metadata":{},"items":[)" +
         items + "]}\n";
}

Error ErrorOf(const std::string& body) {
  const auto pods = ParsePodMetrics(body);
  return pods ? Error{ErrorCode::kGone, "it was accepted"} : pods.error();
}

TEST(PodMetrics, KeepsWhatEveryContainerUses) {
  const auto pods = ParsePodMetrics(List(Item("shop", "web-1", "123456789n")));
  ASSERT_TRUE(pods) << pods.error().message;
  ASSERT_EQ(pods->size(), 1U);
  const PodUsage pod = pods->Pods().front();
  EXPECT_EQ(pod.ns, "shop");
  EXPECT_EQ(pod.pod, "web-1");
  EXPECT_EQ(pod.at, *ParseRfc3339("2026-11-23T04:00:01Z"));
  EXPECT_EQ(pod.window, milliseconds(15500));
  ASSERT_EQ(pod.containers.size(), 1U);
  EXPECT_EQ(pod.containers[0].name, "app");
  EXPECT_THAT(pod.containers[0].milli,
              ElementsAre(std::pair<std::string, std::int64_t>("cpu", 124),  // Rounded up.
                          std::pair<std::string, std::int64_t>("memory", 1'048'576'000)));
}

TEST(PodMetrics, AreOrderedAndTheLastOfTwoCounts) {
  const auto pods = ParsePodMetrics(List(Item("b", "x") + "," + Item("a", "z") + "," +
                                         Item("a", "y", "1") + "," + Item("a", "y", "2")));
  ASSERT_TRUE(pods);
  ASSERT_EQ(pods->size(), 3U);
  EXPECT_EQ(pods->name(0), "y");
  EXPECT_EQ(pods->Column("cpu")[0], 2000);
  EXPECT_EQ(pods->name(1), "z");
  EXPECT_EQ(pods->ns(2), "b");
}

TEST(PodMetrics, MarkWhatDoesNotFitAndTakeNullForNothing) {
  const auto huge = ParsePodMetrics(List(Item("a", "x", "1E")));
  ASSERT_TRUE(huge);
  EXPECT_EQ(huge->Column("cpu")[0], kInvalidMilli);
  const auto null = ParsePodMetrics(
      List(R"({"metadata":{"name":"x","namespace":"a"},"containers":[{"name":"","usage":null}]})"));
  ASSERT_TRUE(null) << null.error().message;
  EXPECT_TRUE(null->Column("cpu").empty());
}

TEST(PodMetrics, MayBeEmpty) {
  EXPECT_TRUE(ParsePodMetrics(List(""))->empty());
  EXPECT_TRUE(ParsePodMetrics(R"({"items":null})")->empty());
  const auto bare = ParsePodMetrics(
      List(R"({"metadata":{"name":"p","namespace":"n"},"timestamp":null,"containers":null})"));
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->at(0), Timestamp{});  // 1970: too old for anybody.
  EXPECT_TRUE(bare->Pods().front().containers.empty());
}

TEST(PodMetrics, NamesThePodWhoseNumbersAreBad) {
  const Error error = ErrorOf(List(Item("shop", "web-1", "many")));
  EXPECT_EQ(error.code, ErrorCode::kMalformedData);
  EXPECT_EQ(error.message, "metrics.k8s.io: cpu \"many\" is no quantity, pod shop/web-1");
}

TEST(PodMetrics, UsesNoPartOfMalformedAnswers) {
  const std::string good = List(Item("shop", "web-1"));
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) {
    EXPECT_EQ(ErrorOf(good.substr(0, cut)).code, ErrorCode::kMalformedData) << cut;
  }
  const std::string bodies[] = {
      good + "{}",
      "",
      "[]",
      "null",
      "7",
      "{}",
      R"({"items":{}})",
      R"({"items":[1]})",
      R"({"items":[],"items":[]})",
      List("{}"),
      List(R"({"metadata":{"name":"p"}})"),
      List(R"({"metadata":{"name":"p","namespace":7}})"),
      List(R"({"metadata":[]})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"timestamp":"yesterday"})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"timestamp":"9999-01-01T00:00:00Z"})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"window":"long"})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"window":15})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"containers":{}})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"containers":[[]]})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"containers":[{"usage":5}]})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"containers":[{"usage":{"cpu":5}}]})"),
      List(R"({"metadata":{"name":"p","namespace":"n"},"containers":[{"name":5}]})"),
      std::string(100'000, '['),
      "\xff\xfe"};
  for (const std::string& body : bodies) {
    EXPECT_EQ(ErrorOf(body).code, ErrorCode::kMalformedData) << body.substr(0, 200);
  }
}

class MetricsServerTest : public testing::Test {
 protected:
  FakeKubeRead kube;
  SerialExecutor executor;
  MetricsServerCollector::Config config;

  std::vector<ReadingResult> Collect(const std::vector<std::string>& namespaces) {
    std::vector<MetricQuery> queries;
    for (const std::string& ns : namespaces) {
      MetricQuery query;
      query.type = MetricType::kResource;
      query.ns = ns;
      queries.push_back(query);
    }
    auto collector = MetricsServerCollector::Create(config, kube.AsFunction(), executor);
    EXPECT_TRUE(collector);
    return (*collector)->Collect(queries, {kNow, kNow + seconds(1), {}});
  }
};

TEST_F(MetricsServerTest, AnswersEveryQueryWithOneRead) {
  kube.otherwise = List(Item("a", "p") + "," + Item("b", "q"));
  const auto results = Collect({"a", "b", ""});
  EXPECT_THAT(kube.seen, ElementsAre("/apis/metrics.k8s.io/v1beta1/pods"));
  EXPECT_EQ(kube.deadline, kNow + seconds(1));
  ASSERT_TRUE(results[0]);
  EXPECT_EQ(*results[0], *results[1]);  // The very same reading.
  EXPECT_EQ(*results[0], *results[2]);
  EXPECT_EQ((*results[0])->pod_usage.size(), 2U);
  EXPECT_FALSE((*results[0])->selected);
  EXPECT_EQ((*results[0])->received, kNow);
}

TEST_F(MetricsServerTest, ReadsTheNamespacesItMaySee) {
  config.namespaces = {"b", "a", "b"};
  kube.answers.emplace("/apis/metrics.k8s.io/v1beta1/namespaces/a/pods", List(Item("a", "p")));
  kube.answers.emplace("/apis/metrics.k8s.io/v1beta1/namespaces/b/pods",
                       Error{ErrorCode::kPermissionDenied, "pods.metrics.k8s.io is forbidden"});
  const auto results = Collect({"a", "b", "c", ""});
  EXPECT_EQ(kube.seen.size(), 2U);
  ASSERT_TRUE(results[0]);
  EXPECT_EQ((*results[0])->pod_usage.size(), 1U);
  EXPECT_EQ(results[1].error().message, "metrics.k8s.io: pods.metrics.k8s.io is forbidden");
  EXPECT_EQ(results[2].error().code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(results[3]);
}

TEST_F(MetricsServerTest, FailsEveryQueryWhenNothingCanBeRead) {
  const auto results = Collect({"a", ""});
  EXPECT_EQ(results[0].error().code, ErrorCode::kNotFound);
  EXPECT_THAT(results[1].error().message, HasSubstr("metrics.k8s.io: "));
}

TEST_F(MetricsServerTest, RefusesOtherTypesAndEmptyNamespaces) {
  kube.otherwise = List("");
  auto collector = MetricsServerCollector::Create(config, kube.AsFunction(), executor);
  const MetricQuery query;  // Of type Source.
  const auto results = (*collector)->Collect({&query, 1}, {kNow, kNow + seconds(1), {}});
  EXPECT_EQ(results[0].error().code, ErrorCode::kInvalidArgument);
  config.namespaces = {"a", ""};
  EXPECT_FALSE(MetricsServerCollector::Create(config, kube.AsFunction(), executor));
}

}  // namespace
}  // namespace hpaplus::collectors
