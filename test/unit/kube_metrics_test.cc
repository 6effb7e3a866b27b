#include "collectors/kube_metrics.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collectors/kube_metrics_reply.h"
#include "test/support/fake_kube_read.h"

namespace hpaplus::collectors {
namespace {

using test::FakeKubeRead;

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Timestamp kNow{seconds(1'700'000'000)};
constexpr const char* kGroup = "/apis/custom.metrics.k8s.io";

std::string List(const std::string& items) {
  return R"({"kind":"MetricValueList","metadata":{},"items":[)" + items + "]}";
}

std::string Item(const std::string& pod, const std::string& rest) {
  return R"({"describedObject":{"kind":"Pod","namespace":"shop","name":")" + pod +
         R"(","apiVersion":"/v1"},"metric":{"name":"rps","selector":null},)" + rest + "}";
}

Error ErrorOf(const std::string& body) {
  const auto values = ParseMetricValues(body);
  return values ? Error{ErrorCode::kGone, "it was accepted"} : values.error();
}

TEST(MetricValues, AreReadInAllVersions) {
  const auto values = ParseMetricValues(
      List(Item("a", R"("timestamp":"2026-11-23T04:00:01Z","windowSeconds":30,"value":"1500m")") +
           "," + Item("b", R"("timestamp":"2026-11-23T04:00:01Z","window":0,"value":"2k")") + "," +
           Item("c", R"("timestamp":null,"windowSeconds":null,"value":7)") + "," +
           R"({"metricName":"q","metricLabels":{"x":"y"},"value":"0.0001"})"));
  ASSERT_TRUE(values) << values.error().message;
  ASSERT_EQ(values->size(), 4U);
  EXPECT_EQ((*values)[0].object, "a");
  EXPECT_EQ((*values)[0].at, *ParseRfc3339("2026-11-23T04:00:01Z"));
  EXPECT_EQ((*values)[0].window, seconds(30));
  EXPECT_EQ((*values)[0].milli, 1500);
  EXPECT_EQ((*values)[0].value, 1.5);
  EXPECT_EQ((*values)[1].window, seconds(0));
  EXPECT_EQ((*values)[1].value, 2000);
  EXPECT_EQ((*values)[2].window, seconds(60));
  EXPECT_EQ((*values)[2].at, Timestamp{});  // 1970: too old for anybody.
  EXPECT_EQ((*values)[2].value, 7);
  EXPECT_EQ((*values)[3].object, "");
  EXPECT_EQ((*values)[3].milli, 1);
}

TEST(MetricValues, MarkWhatDoesNotFit) {
  const auto milli = [](const std::string& value) {
    return ParseMetricValues(List(Item("a", "\"value\":\"" + value + "\"")))->front().milli;
  };
  EXPECT_EQ(milli("9223372036854775807m"), INT64_MAX);
  EXPECT_EQ(milli("-9223372036854775807m"), kInvalidMilli) << "not 1, which Kubernetes makes of it";
  EXPECT_EQ(milli("-0.0000000001"), kInvalidMilli);
  EXPECT_EQ(milli("-0.5"), -500);
  EXPECT_EQ(milli("9223372036854775808m"), kInvalidMilli);
  EXPECT_EQ(milli("1E"), kInvalidMilli);
  EXPECT_EQ(milli("-7E"), kInvalidMilli);
  EXPECT_EQ(milli("123456789012345678901234567890"), kInvalidMilli);
}

TEST(MetricValues, MayBeEmpty) {
  EXPECT_TRUE(ParseMetricValues(List(""))->empty());
  EXPECT_TRUE(ParseMetricValues(R"({"items":null})")->empty());
}

TEST(MetricValues, RefusesMalformedAnswers) {
  const std::string good = List(Item("a", R"("value":"1")"));
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    EXPECT_EQ(ErrorOf(good.substr(0, cut)).code, ErrorCode::kMalformedData) << cut;
  }
  for (const std::string& body :
       {good + "x", std::string("[]"), std::string("{}"), List("1"), List("{}"),
        List(R"({"value":null})"), List(R"({"value":true})"), List(R"({"value":"x"})"),
        List(R"({"value":"1","timestamp":"never"})"), List(R"({"value":"1","timestamp":5})"),
        List(R"({"value":"1","windowSeconds":"5"})"), List(R"({"value":"1","windowSeconds":-1})"),
        List(R"({"value":"1","windowSeconds":9223372036854775807})"),
        List(R"({"value":"1","describedObject":{"name":5}})"), std::string(100'000, '['),
        std::string(R"({"items":{}})")}) {
    EXPECT_EQ(ErrorOf(body).code, ErrorCode::kMalformedData) << body.substr(0, 200);
  }
}

class KubeMetricsTest : public testing::Test {
 protected:
  FakeKubeRead kube;
  int kinds_asked = 0;
  std::unique_ptr<Collector> collector = Make();

  KubeMetricsTest() { Serve({"v1beta1", "v1beta2"}); }

  std::unique_ptr<Collector> Make() {
    auto made = KubeMetricsCollector::Create(
        {}, kube.AsFunction(),
        [this](const std::string& version, const std::string& kind,
               Timestamp) -> Result<std::string> {
          ++kinds_asked;
          if (kind == "Ingress") return std::string("ingresses.networking.k8s.io");
          if (kind == "Namespace") return std::string("namespaces.odd");
          return Error{ErrorCode::kNotFound, "no kind " + kind + " in " + version};
        });
    return std::move(*made);
  }

  void Serve(const std::vector<std::string>& versions) {
    std::string list;
    for (const std::string& version : versions)
      list += (list.empty() ? "" : ",") + (R"({"version":")" + version + "\"}");
    kube.answers.insert_or_assign(kGroup, R"({"kind":"APIGroup","versions":[)" + list + "]}");
  }

  static MetricQuery Query(MetricType type, std::string metric = "rps") {
    MetricQuery query;
    query.type = type;
    query.ns = "shop";
    query.expression = std::move(metric);
    return query;
  }

  std::vector<ReadingResult> Collect(const std::vector<MetricQuery>& queries,
                                     Timestamp now = kNow) {
    return collector->Collect(queries, {now, now + seconds(1), {}});
  }
};

TEST_F(KubeMetricsTest, ReadsPodsOfAWorkload) {
  kube.otherwise = List(Item("b", R"("value":"1")") + "," + Item("a", R"("value":"2")") + "," +
                        Item("b", R"("value":"3","windowSeconds":5)"));
  MetricQuery query = Query(MetricType::kPods);
  query.pod_selector = "app=web,tier in (a)";
  query.selector = "verb=GET";
  const auto results = Collect({query});
  EXPECT_THAT(kube.seen,
              ElementsAre(kGroup,
                          "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/rps"
                          "?labelSelector=app%3Dweb%2Ctier%20in%20%28a%29"
                          "&metricLabelSelector=verb%3DGET"));
  ASSERT_TRUE(results[0]) << results[0].error().message;
  const Reading& reading = **results[0];
  EXPECT_TRUE(reading.selected);
  ASSERT_EQ(reading.pod_values.size(), 2U);
  EXPECT_EQ(reading.pod_values[0].pod, "a");
  EXPECT_EQ(reading.pod_values[0].milli, 2000);
  EXPECT_EQ(reading.pod_values[1].milli, 3000);  // The last one counts.
  EXPECT_EQ(reading.pod_values[1].window, seconds(5));
}

TEST_F(KubeMetricsTest, ReadsAnObject) {
  kube.otherwise = List(Item("main", R"("value":"42")"));
  MetricQuery query = Query(MetricType::kObject);
  query.object = {"networking.k8s.io/v1", "Ingress", "main"};
  const auto results = Collect({query});
  EXPECT_EQ(kube.seen.back(),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/ingresses.networking.k8s.io/main/"
            "rps");
  ASSERT_TRUE(results[0]);
  EXPECT_EQ((*results[0])->values[0].milli, 42'000);
}

TEST_F(KubeMetricsTest, ReadsANamespaceByItsOwnPath) {
  kube.otherwise = List(Item("x", R"("value":"42")"));
  MetricQuery query = Query(MetricType::kObject);
  query.object = {"v1", "Namespace", "another"};
  query.selector = "a=b";
  EXPECT_TRUE(Collect({query})[0]);
  EXPECT_EQ(kube.seen.back(),
            "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/metrics/rps"
            "?metricLabelSelector=a%3Db");
  query.object.api_version = "odd/v1";  // Only core's Namespace is special.
  EXPECT_TRUE(Collect({query})[0]);
  EXPECT_THAT(kube.seen.back(), HasSubstr("/namespaces.odd/another/rps"));
}

TEST_F(KubeMetricsTest, WantsExactlyOneValueOfAnObject) {
  MetricQuery query = Query(MetricType::kObject);
  query.object = {"networking.k8s.io/v1", "Ingress", "main"};
  kube.otherwise = List("");
  EXPECT_THAT(Collect({query})[0].error().message, HasSubstr("0 values for one object"));
  kube.otherwise = List(R"({"value":"1"},{"value":"2"})");
  EXPECT_THAT(Collect({query})[0].error().message, HasSubstr("2 values for one object"));
}

TEST_F(KubeMetricsTest, ReadsAllExternalValues) {
  kube.otherwise = List(R"({"value":"1"},{"value":"-2"})");
  MetricQuery query = Query(MetricType::kExternal, "queue/depth");
  query.selector = "queue=orders";
  const auto results = Collect({query});
  EXPECT_THAT(kube.seen, ElementsAre("/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/"
                                     "queue%2Fdepth?labelSelector=queue%3Dorders"));
  ASSERT_TRUE(results[0]);
  ASSERT_EQ((*results[0])->values.size(), 2U);
  EXPECT_EQ((*results[0])->values[1].milli, -2000);
}

TEST_F(KubeMetricsTest, NothingThereIsAnAnswerWithoutElements) {
  kube.otherwise = List("");
  const auto results = Collect({Query(MetricType::kPods), Query(MetricType::kExternal)});
  ASSERT_TRUE(results[0]);
  EXPECT_TRUE((*results[0])->pod_values.empty());
  ASSERT_TRUE(results[1]);
  EXPECT_TRUE((*results[1])->values.empty());
}

TEST_F(KubeMetricsTest, MakesEqualReadsOnce) {
  kube.otherwise = List(Item("a", R"("value":"1")"));
  const auto results = Collect(
      {Query(MetricType::kPods), Query(MetricType::kPods, "other"), Query(MetricType::kPods)});
  EXPECT_EQ(kube.seen.size(), 3U);  // The group, rps, other.
  EXPECT_EQ(*results[0], *results[2]);
}

TEST_F(KubeMetricsTest, LooksTheVersionUpOnceAMinute) {
  Serve({"v1beta1"});
  kube.otherwise = List("");
  (void)Collect({Query(MetricType::kPods)});
  EXPECT_THAT(kube.seen.back(), HasSubstr("/v1beta1/"));
  Serve({"v1beta1", "v1beta2"});
  (void)Collect({Query(MetricType::kPods)}, kNow + seconds(59));
  EXPECT_THAT(kube.seen.back(), HasSubstr("/v1beta1/"));
  (void)Collect({Query(MetricType::kPods)}, kNow + seconds(60));
  EXPECT_THAT(kube.seen.back(), HasSubstr("/v1beta2/"));
}

TEST_F(KubeMetricsTest, SaysThatTheApiIsNotThere) {
  kube.answers.clear();
  const auto results = Collect({Query(MetricType::kPods), Query(MetricType::kPods, "other")});
  EXPECT_EQ(kube.seen.size(), 1U);  // Not once per query.
  EXPECT_EQ(results[0].error().code, ErrorCode::kNotFound);
  EXPECT_THAT(results[1].error().message, testing::StartsWith("custom.metrics.k8s.io: "));
  Serve({"v2"});
  EXPECT_THAT(Collect({Query(MetricType::kPods)}, kNow + seconds(10))[0].error().message,
              HasSubstr("neither v1beta2 nor v1beta1"));
  kube.answers.insert_or_assign(kGroup, std::string("<html>"));
  EXPECT_EQ(Collect({Query(MetricType::kPods)}, kNow + seconds(20))[0].error().code,
            ErrorCode::kMalformedData);
}

TEST_F(KubeMetricsTest, FailsOnlyTheQueryThatIsWrong) {
  kube.otherwise = List("");
  kube.answers.emplace("/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/bad",
                       Error{ErrorCode::kUnavailable, "the adapter is down"});
  MetricQuery object = Query(MetricType::kObject);
  object.object = {"v1", "Nonsense", "x"};
  MetricQuery nowhere = Query(MetricType::kPods);
  nowhere.ns.clear();
  const auto results = Collect({Query(MetricType::kPods, "bad"), object, Query(MetricType::kSource),
                                Query(MetricType::kPods, ""), nowhere, Query(MetricType::kPods)});
  EXPECT_EQ(results[0].error().message, "custom.metrics.k8s.io: the adapter is down");
  EXPECT_EQ(results[1].error().code, ErrorCode::kNotFound);
  EXPECT_EQ(results[2].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(results[3].error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(results[4].error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(results[5]);
}

TEST_F(KubeMetricsTest, NeedsAName) {
  EXPECT_FALSE(KubeMetricsCollector::Create({.name = ""}, kube.AsFunction(), {}));
}

}  // namespace
}  // namespace hpaplus::collectors
