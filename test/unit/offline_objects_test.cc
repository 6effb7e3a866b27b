#include "engine/app/offline_objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kSource = R"(apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: MetricSource
metadata: {name: orders, namespace: shop}
spec:
  type: HTTP
  endpoint: https://127.0.0.1:9/orders
  auth: {bearer: {name: orders, key: token}}
)";
constexpr const char* kSecret = R"(apiVersion: v1
kind: Secret
metadata: {name: orders, namespace: shop}
stringData: {token: s3cret}
)";
constexpr const char* kObject = R"(apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: worker, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
  minReplicas: 1
  maxReplicas: 40
  mode: DryRun
  metrics:
  - name: depth
    type: Source
    source:
      ref: {name: orders}
      query: depth
      target: {type: AverageValue, averageValue: "30"}
)";

class OfflineObjectsTest : public ::testing::Test {
 protected:
  OfflineObjects Read(const std::vector<std::string>& documents) {
    std::string text;
    for (const std::string& document : documents)
      text += document + "---\n";
    problems_.clear();
    return ReadOfflineObjects({{"a.yaml", text}}, problems_);
  }

  static std::string With(std::string text, const std::string& from, const std::string& to) {
    text.replace(text.find(from), from.size(), to);
    return text;
  }

  std::vector<std::string> problems_;
};

TEST_F(OfflineObjectsTest, ReadsObjectsWithTheirSourcesAndSecrets) {
  const OfflineObjects objects = Read({kObject, kSource, kSecret});
  EXPECT_THAT(problems_, IsEmpty());
  ASSERT_EQ(objects.workloads.size(), 1U);
  EXPECT_EQ(objects.workloads[0]->uid, "shop/worker");
  ASSERT_EQ(objects.sources.size(), 1U);
  EXPECT_EQ(objects.sources[0].auth.bearer_token, "s3cret");
}

TEST_F(OfflineObjectsTest, TakesADryRunForARunAsNothingIsWrittenAnyway) {
  EXPECT_EQ(Read({kObject, kSource, kSecret}).workloads.at(0)->mode, Mode::kActive);
}

TEST_F(OfflineObjectsTest, ReadsItemsOfAListAndPassesOtherKindsOver) {
  const OfflineObjects objects = Read(
      {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: keda.sh/v1alpha1, kind: ScaledObject, "
       "metadata: {name: a}}\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: shop, "
       "labels: "
       "{team: a}}\n"});
  EXPECT_THAT(problems_, IsEmpty());
  EXPECT_EQ(objects.namespaces.at("shop").at("team"), "a");
}

TEST_F(OfflineObjectsTest, NamesThePlaceOfWhatAnApiServerWouldRefuse) {
  Read({With(kObject, "maxReplicas: 40", "maxReplicas: many"), kSource, kSecret});
  ASSERT_FALSE(problems_.empty());
  EXPECT_THAT(problems_[0], HasSubstr("a.yaml:7:3: HPAPlus shop/worker: spec.maxReplicas: "));
}

TEST_F(OfflineObjectsTest, NamesThePlaceOfASyntaxError) {
  Read({"a: [1\n"});
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("a.yaml:2:"));
}

TEST_F(OfflineObjectsTest, MissesTheSourceOfAMetric) {
  Read({kObject});
  EXPECT_THAT(problems_, ElementsAre("a.yaml:13:13: HPAPlus shop/worker: "
                                     "spec.metrics[0].source.ref.name: no MetricSource "
                                     "shop/orders in these files"));
}

TEST_F(OfflineObjectsTest, MissesTheSecretOfASourceAndItsKey) {
  Read({kSource});
  EXPECT_THAT(problems_, ElementsAre("a.yaml:7:3: MetricSource shop/orders: spec.auth: no Secret "
                                     "shop/orders in these files"));
  Read({kSource, With(kSecret, "token", "tokn")});
  EXPECT_THAT(problems_, ElementsAre("a.yaml:7:3: MetricSource shop/orders: spec.auth: secret "
                                     "orders has no key token"));
}

TEST_F(OfflineObjectsTest, RefusesASecretThatIsNone) {
  Read({With(kSecret, "stringData: {token: s3cret}", "stringData: {token: [s3cret]}")});
  EXPECT_THAT(problems_, ElementsAre("a.yaml:1:1: Secret shop/orders: stringData.token is not a "
                                     "text"));
  Read({With(kSecret, "stringData: {token: s3cret}", "stringData: s3cret")});
  EXPECT_THAT(problems_, ElementsAre("a.yaml:1:1: Secret shop/orders: stringData is not an "
                                     "object"));
  Read({With(kSecret, "stringData: {token: s3cret}", "data: {token: s3cret!}")});
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("is not base64"));
  EXPECT_THAT(problems_[0], ::testing::Not(HasSubstr("s3cret")));
}

TEST_F(OfflineObjectsTest, RefusesASecondObjectOfOneName) {
  Read({kObject, kSource, kSecret, kSource});
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("MetricSource shop/orders: metadata.name: there is an"));
}

TEST_F(OfflineObjectsTest, RefusesMetricsThatOnlyAClusterHas) {
  Read({With(kObject, "  - name: depth",
             "  - {type: Resource, resource: {name: cpu, target: {type: Utilization, "
             "averageUtilization: 60}}}\n  - name: depth"),
        kSource, kSecret});
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_THAT(problems_[0], HasSubstr("spec.metrics[0].type: Resource metrics need a cluster"));
}

TEST_F(OfflineObjectsTest, SortsTheProblemsOfSeveralFiles) {
  (void)ReadOfflineObjects({{"b.yaml", kObject}, {"a.yaml", kSource}}, problems_);
  ASSERT_EQ(problems_.size(), 1U);  // The object's source is there, its Secret is not.
  EXPECT_THAT(problems_[0], HasSubstr("a.yaml:7:3: MetricSource"));
}

}  // namespace
}  // namespace hpaplus::app
