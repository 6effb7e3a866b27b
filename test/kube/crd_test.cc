// The custom resources as a real API server sees them. What it refuses and why is what
// `hpaplus validate` says without one.

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/spec_check.h"
#include "test/kube/kube_fixture.h"
#include "test/support/crd_cases.h"

namespace hpaplus::test {
namespace {

using testing::HasSubstr;

constexpr const char* kOurs[] = {"hpapluses", "metricsources", "clustermetricsources",
                                 "dynamicquotas", "quotapools"};

class KubeCrd : public KubeTest {
 protected:
  void SetUp() override {
    KubeTest::SetUp();
    Apply({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", "shop"}}}});
  }

  Json Crd(const std::string& plural) {
    return Read("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" + plural +
                ".autoscaling.hpaplus.io");
  }

  /// What the server says about a new object, without making one.
  Result<HttpResponse> Try(const nlohmann::ordered_json& object) {
    const std::map<std::string, std::string> collections = {
        {"HPAPlus", "namespaces/shop/hpapluses"},
        {"MetricSource", "namespaces/shop/metricsources"},
        {"ClusterMetricSource", "clustermetricsources"},
        {"DynamicQuota", "namespaces/shop/dynamicquotas"},
        {"QuotaPool", "quotapools"}};
    const auto known = collections.find(object.value("kind", ""));
    return api().Post(
        "/apis/autoscaling.hpaplus.io/v1alpha1/" +
            (known == collections.end() ? "namespaces/shop/unknowns" : known->second) +
            "?dryRun=All&fieldValidation=Strict",
        object.dump());
  }
};

/// All that a Status complains about: "path: message" for each cause, else its message.
std::string Complaints(const std::string& body) {
  const Json status = Json::parse(body, nullptr, false);
  if (!status.is_object()) return body;
  std::string text = status.value("message", "");
  const Json causes = status.value("/details/causes"_json_pointer, Json::array());
  for (const Json& cause : causes)
    text += "\n" + cause.value("field", "") + ": " + cause.value("message", "");
  return text;
}

TEST_F(KubeCrd, OursAreServedAndStructural) {
  for (const char* plural : kOurs) {
    const Json crd = Crd(plural);
    ASSERT_TRUE(crd.is_object()) << plural;
    std::map<std::string, std::string> conditions;
    for (const Json& condition : crd.at("/status/conditions"_json_pointer))
      conditions[condition.at("type")] = condition.at("status");
    EXPECT_EQ(conditions["Established"], "True") << plural;
    EXPECT_EQ(conditions["NamesAccepted"], "True") << plural;
    EXPECT_FALSE(conditions.contains("NonStructuralSchema")) << plural << ": " << crd.dump(2);
  }
}

TEST_F(KubeCrd, GoodObjectsAreTakenAndGetTheirDefaults) {
  const auto objects = LoadGoodObjects();
  ASSERT_GE(objects.size(), 9U);
  for (const auto& object : objects) {
    SCOPED_TRACE(object.dump());
    EXPECT_TRUE(CheckObject(object.dump()).empty());
    // A source for the whole cluster would keep the engines of other cases busy.
    const bool is_for_all = object["kind"] == "ClusterMetricSource";
    const auto made = api().Create(Json::parse(object.dump()), is_for_all ? "dryRun=All" : "");
    ASSERT_TRUE(made) << made.error().message;
    const Json& spec = made->at("spec");
    if (object["kind"] == "HPAPlus") {
      EXPECT_TRUE(spec.contains("minReplicas"));
      EXPECT_TRUE(spec.contains("mode"));
      EXPECT_TRUE(spec.contains("/evaluation/period"_json_pointer));
      EXPECT_TRUE(spec.contains("/scaleTargetRef/apiVersion"_json_pointer));
    } else if (object["kind"] == "DynamicQuota") {
      EXPECT_TRUE(spec.contains("/evaluation/period"_json_pointer));
      EXPECT_TRUE(spec.contains("/resources/0/weight"_json_pointer));
      EXPECT_TRUE(spec.contains("/shrink/maxStepPercent"_json_pointer));
    } else if (object["kind"] == "QuotaPool") {
      EXPECT_TRUE(spec.contains("/allowedNamespaces/from"_json_pointer));
    } else {
      EXPECT_TRUE(spec.contains("/limits/timeout"_json_pointer));
      EXPECT_TRUE(spec.contains("/limits/maxResponseBytes"_json_pointer));
    }
  }
}

TEST_F(KubeCrd, AnHpaIsValidAsItIsAndMeansTheSame) {
  // As the stock HPA's API has it; both servers' defaults are in the answers.
  Json hpa = Json::parse(R"({
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "pasted"},
    "spec": {
      "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "php-apache"},
      "minReplicas": 2, "maxReplicas": 10,
      "metrics": [
        {"type": "Resource",
         "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
        {"type": "ContainerResource",
         "containerResource": {"name": "memory", "container": "app",
                               "target": {"type": "AverageValue", "averageValue": "500Mi"}}},
        {"type": "Pods",
         "pods": {"metric": {"name": "packets", "selector": {"matchLabels": {"a": "b"}}},
                  "target": {"type": "AverageValue", "averageValue": "1k"}}},
        {"type": "Object",
         "object": {"metric": {"name": "requests"},
                    "describedObject": {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
                                        "name": "main"},
                    "target": {"type": "Value", "value": "10k"}}},
        {"type": "External",
         "external": {"metric": {"name": "queue"},
                      "target": {"type": "AverageValue", "averageValue": "30"}}}],
      "behavior": {
        "scaleUp": {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [
          {"type": "Percent", "value": 100, "periodSeconds": 15},
          {"type": "Pods", "value": 4, "periodSeconds": 15}]},
        "scaleDown": {"stabilizationWindowSeconds": 300, "selectPolicy": "Disabled", "policies": [
          {"type": "Percent", "value": 100, "periodSeconds": 15}]}}}})");
  hpa["metadata"]["namespace"] = ns();
  const auto stored = api().Create(hpa);
  ASSERT_TRUE(stored) << stored.error().message;

  for (const Json& spec : {hpa.at("spec"), stored->at("spec")}) {
    Json object = {{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
                   {"kind", "HPAPlus"},
                   {"metadata", {{"name", "pasted"}, {"namespace", ns()}}},
                   {"spec", spec}};
    EXPECT_TRUE(CheckObject(object.dump()).empty());
    auto made = api().Create(object, "dryRun=All");
    ASSERT_TRUE(made) << made.error().message;
    for (Json& metric : made->at("spec").at("metrics")) {
      EXPECT_EQ(metric.at("role"), "Scale");  // The one default that the HPA does not know.
      metric.erase("role");
    }
    for (const auto& [field, value] : spec.items())
      EXPECT_EQ(made->at("spec").at(field), value) << field;
  }
}

TEST_F(KubeCrd, BadObjectsAreRefusedForTheReasonsThatValidationGives) {
  const auto objects = LoadBadObjects();
  ASSERT_GE(objects.size(), 100U);
  for (const BadObject& bad : objects) {
    SCOPED_TRACE(bad.name);
    EXPECT_FALSE(CheckObject(bad.object.dump()).empty()) << "validation takes it";
    const auto answer = Try(bad.object);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_GE(answer->status, 400) << "the server takes it: " << answer->body;
    EXPECT_LT(answer->status, 500) << answer->body;
    if (answer->status == 404) continue;  // A kind that is none says no more.
    for (const std::string& expected : bad.answers)
      EXPECT_THAT(Complaints(answer->body), HasSubstr(expected));
  }
}

TEST_F(KubeCrd, KubectlPrintsTheColumns) {
  ApplySource();
  ApplyObject({{"mode", "DryRun"}});
  const auto ours = cluster().Kubectl({"get", "hpap,msrc", "-n", ns()});
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_THAT(*ours, HasSubstr("REFERENCE"));
  for (const char* column :
       {"MODE", "PERIOD", "TARGETS", "MIN", "MAX", "CURRENT", "DESIRED", "READY", "REASON", "AGE"})
    EXPECT_THAT(*ours, HasSubstr(column));
  EXPECT_THAT(*ours, HasSubstr("hpaplus.autoscaling.hpaplus.io/web"));
  EXPECT_THAT(*ours, HasSubstr("DryRun"));
  EXPECT_THAT(*ours, HasSubstr("1s"));
  EXPECT_THAT(*ours, HasSubstr("ENDPOINT"));
  EXPECT_THAT(*ours, HasSubstr(monitor().url()));

  // Short names, categories and field selectors.
  for (const char* name : {"hpaplus", "hpapluses", "autoscaling"}) {
    const auto listed = cluster().Kubectl({"get", name, "-n", ns(), "-o", "name"});
    ASSERT_TRUE(listed) << listed.error().message;
    EXPECT_THAT(*listed, HasSubstr("hpaplus.autoscaling.hpaplus.io/web")) << name;
  }
  const auto selected = cluster().Kubectl(
      {"get", "hpap", "-n", ns(), "--field-selector", "spec.mode=Active", "-o", "name"});
  ASSERT_TRUE(selected) << selected.error().message;
  EXPECT_EQ(*selected, "");
}

}  // namespace
}  // namespace hpaplus::test
