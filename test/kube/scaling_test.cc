// What the engine is for, on a real API server: sizes follow metrics, and nothing else is written.

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KubeScaling : public KubeTest {
 protected:
  std::string VersionOf(const std::string& path) {
    return Read(path).value("/metadata/resourceVersion"_json_pointer, "");
  }

  // As /metrics has it; 0: it has no shadow.
  double ShadowReplicas() {
    const auto series = engine().Metrics();
    return series ? Sum(*series, "hpaplus_shadow_replicas", {"namespace=\"" + ns() + "\""}) : -1;
  }

  // Another autoscaler with the same target. Nobody runs it here, so it scales nothing.
  void ApplyHpa() {
    Apply(
        {{"apiVersion", "autoscaling/v2"},
         {"kind", "HorizontalPodAutoscaler"},
         {"metadata", {{"name", "web"}, {"namespace", ns()}}},
         {"spec",
          {{"scaleTargetRef", {{"apiVersion", "apps/v1"}, {"kind", "Deployment"}, {"name", "web"}}},
           {"minReplicas", 1},
           {"maxReplicas", 10},
           {"metrics",
            Json::array(
                {{{"type", "Resource"},
                  {"resource",
                   {{"name", "cpu"},
                    {"target", {{"type", "Utilization"}, {"averageUtilization", 50}}}}}}})}}}});
  }
};

TEST_F(KubeScaling, ADeploymentFollowsABusinessMonitorUpAndDown) {
  StartAt(35);
  monitor().SetDepth(120);
  EXPECT_TRUE(Reaches(12)) << Replicas();
  monitor().SetDepth(61);
  EXPECT_TRUE(Reaches(7)) << Replicas();
  monitor().SetDepth(100'000);
  EXPECT_TRUE(Reaches(20)) << "maxReplicas; now " << Replicas();
  monitor().SetDepth(0);
  EXPECT_TRUE(Reaches(1)) << "minReplicas; now " << Replicas();
}

TEST_F(KubeScaling, ACustomKindWithAScaleSubresourceIsScaled) {
  monitor().SetDepth(50);
  Apply({{"apiVersion", "apps.example.com/v1"},
         {"kind", "StatefulSetPlus"},
         {"metadata", {{"name", "store"}, {"namespace", ns()}}},
         {"spec", {{"replicas", 2}, {"selector", {{"matchLabels", {{"app", "store"}}}}}}}});
  ApplySource();
  ApplyObject(
      {{"scaleTargetRef",
        {{"apiVersion", "apps.example.com/v1"}, {"kind", "StatefulSetPlus"}, {"name", "store"}}}});
  StartEngine();
  const std::string path = PathOf("apps.example.com/v1", "StatefulSetPlus", ns(), "store");
  EXPECT_TRUE(Eventually([&] { return ReplicasAt(path) == 5; })) << StatusOf().dump(2);
  monitor().SetDepth(30);
  EXPECT_TRUE(Eventually([&] { return ReplicasAt(path) == 3; })) << StatusOf().dump(2);
}

TEST_F(KubeScaling, StatusTellsTheSizeTheReasonAndTheConditions) {
  StartAt(35);
  EXPECT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; })) << StatusOf().dump(2);
  EXPECT_TRUE(Eventually([&] {
    const Json status = StatusOf();
    return status.value("currentReplicas", 0) == 4 && status.value("desiredReplicas", 0) == 4 &&
           status.contains("lastScaleTime");
  })) << StatusOf().dump(2);
  EXPECT_THAT(Condition("AbleToScale"), HasSubstr("True"));
  EXPECT_THAT(Condition("ScalingActive"), HasSubstr("True"));
  EXPECT_EQ(Condition("MetricsFresh"), "True AllMetricsFresh");
  EXPECT_THAT(Condition("DryRun"), HasSubstr("False"));
  const Json status = StatusOf();
  EXPECT_EQ(status.value("/lastDecision/from"_json_pointer, 0), 1) << status.dump(2);
  EXPECT_EQ(status.value("/lastDecision/to"_json_pointer, 0), 4) << status.dump(2);
  EXPECT_EQ(status.value("/lastDecision/metric"_json_pointer, ""), "depth") << status.dump(2);
  EXPECT_THAT(status.value("targets", ""), HasSubstr("depth:"));

  const Result<std::string> printed =
      cluster().Kubectl({"get", "hpap", "web", "-n", ns(), "--no-headers"});
  ASSERT_TRUE(printed) << printed.error().message;
  EXPECT_THAT(*printed, HasSubstr("Active"));
  EXPECT_THAT(*printed, HasSubstr("True"));
}

TEST_F(KubeScaling, DryRunWritesNothingButStatus) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject({{"mode", "DryRun"}});
  const std::string before = VersionOf(TargetPath());
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return StatusOf().value("desiredReplicas", 0) == 7; }))
      << StatusOf().dump(2);
  EXPECT_EQ(Condition("Ready"), "True DryRun");
  EXPECT_THAT(Condition("DryRun"), HasSubstr("True"));
  Pass(seconds(2));
  EXPECT_EQ(VersionOf(TargetPath()), before);
  EXPECT_EQ(Replicas(), 2);
}

// A migration is tried out so: the HPA goes on scaling, and here is what HPAPlus would have done.
TEST_F(KubeScaling, ADryRunDecidesBesideAnHpaAndTellsWhereItWouldBe) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyHpa();
  ApplyObject({{"mode", "DryRun"},
               {"behavior",
                {{"scaleUp",
                  {{"stabilizationWindowSeconds", 0},
                   {"policies",
                    Json::array({{{"type", "Pods"}, {"value", 1}, {"periodSeconds", 1}}})}}}}}});
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return StatusOf().value("desiredReplicas", 0) == 3; }))
      << "one more than the real two, at each decision: " << StatusOf().dump(2);
  EXPECT_EQ(Condition("ScalingActive"), "True ValidMetricFound");
  // The status shows it every half minute.
  EXPECT_TRUE(Eventually([&] { return StatusOf().value("/shadow/replicas"_json_pointer, 0) == 7; },
                         seconds(60)))
      << StatusOf().dump(2);
  EXPECT_EQ(StatusOf().value("desiredReplicas", 0), 3);
  EXPECT_EQ(Replicas(), 2);
  EXPECT_EQ(ShadowReplicas(), 7);
}

TEST_F(KubeScaling, TheDryRunFlagDecidesBesideAnHpa) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyHpa();
  ApplyObject();
  HpaplusProcess::Options options;
  options.flags = {"--dry-run"};
  StartEngine(options);
  EXPECT_TRUE(Eventually([&] { return ShadowReplicas() == 7; })) << ShadowReplicas();
  EXPECT_EQ(Replicas(), 2);
}

TEST_F(KubeScaling, TheDryRunFlagWritesNothingAtAll) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject();
  const std::string target = VersionOf(TargetPath());
  const std::string object = VersionOf(ObjectPath());
  HpaplusProcess::Options options;
  options.flags = {"--dry-run"};
  StartEngine(options);
  EXPECT_TRUE(Eventually([&] { return monitor().asked() >= 3; }));
  EXPECT_EQ(VersionOf(TargetPath()), target);
  EXPECT_EQ(VersionOf(ObjectPath()), object);
  EXPECT_THAT(EventReasons(), IsEmpty());
}

TEST_F(KubeScaling, PausedIsNeitherAskedForNorScaled) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject({{"mode", "Paused"}});
  const std::string before = VersionOf(TargetPath());
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("ScalingActive") == "False Paused"; }))
      << StatusOf().dump(2);
  Pass(seconds(2));
  EXPECT_EQ(VersionOf(TargetPath()), before);
}

TEST_F(KubeScaling, NothingIsWrittenAndNothingReadWhenNothingChanges) {
  StartAt(35);
  ASSERT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; }));
  // Until the status has said all there was to say, and the watches have settled.
  ASSERT_TRUE(Eventually(
      [&] {
        const std::string version = VersionOf(ObjectPath());
        Pass(seconds(3));
        return VersionOf(ObjectPath()) == version;
      },
      seconds(30)));

  const std::string object = VersionOf(ObjectPath());
  const std::string target = VersionOf(TargetPath());
  const std::size_t events = EventReasons().size();
  const auto before = engine().Metrics();
  ASSERT_TRUE(before) << before.error().message;
  const int asked = monitor().asked();
  Pass(seconds(10));
  const auto after = engine().Metrics();
  ASSERT_TRUE(after) << after.error().message;

  EXPECT_EQ(VersionOf(ObjectPath()), object);
  EXPECT_EQ(VersionOf(TargetPath()), target);
  EXPECT_EQ(EventReasons().size(), events);
  EXPECT_GE(monitor().asked(), asked + 5) << "it is not evaluated each second";
  const auto more = [&](const std::string& name, const std::vector<std::string>& labels) {
    return Sum(*after, name, labels) - Sum(*before, name, labels);
  };
  EXPECT_GE(more("hpaplus_evaluations_total", {}), 5);
  for (const auto& [series, count] : *after) {
    const bool is_read_or_write = series.starts_with("hpaplus_kube_requests_total") &&
                                  series.find("verb=\"watch\"") == std::string::npos;
    if (!is_read_or_write) continue;
    const auto known = before->find(series);
    EXPECT_EQ(count, known == before->end() ? 0 : known->second) << series;
  }
}

TEST_F(KubeScaling, EventsAreWrittenOncePerTransition) {
  StartAt(35);
  monitor().SetDepth(10'000);
  ASSERT_TRUE(Reaches(20));
  Pass(seconds(3));
  monitor().Refuse(500);
  EXPECT_TRUE(Eventually([&] {
    const auto reasons = EventReasons();
    return std::ranges::count(reasons, "MetricUnavailable") == 1;
  })) << testing::PrintToString(EventReasons());
  Pass(seconds(3));
  monitor().SetDepth(80);
  ASSERT_TRUE(Reaches(8));
  EXPECT_TRUE(Eventually([&] {
    const auto reasons = EventReasons();
    return std::ranges::count(reasons, "ScaledDown") == 1;
  })) << testing::PrintToString(EventReasons());

  const auto reasons = EventReasons();
  const std::multiset<std::string> all(reasons.begin(), reasons.end());
  EXPECT_EQ(all, (std::multiset<std::string>{"ScaledUp", "ScaledUp", "LimitReached",
                                             "MetricUnavailable", "MetricRecovered", "ScaledDown"}))
      << testing::PrintToString(reasons);
  EXPECT_THAT(EventReasons("web", "Deployment"), ElementsAre("ScaledUp", "ScaledUp", "ScaledDown"));
}

}  // namespace
}  // namespace hpaplus::test
