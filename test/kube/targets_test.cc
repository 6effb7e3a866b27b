// Objects and targets that come, go, change and collide while the engine runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

class KubeTargets : public KubeTest {};

TEST_F(KubeTargets, ASizeThatSomebodyElseSetsIsTakenIntoAccountAndNotFoughtOver) {
  StartAt(50);
  // Somebody writes the size as fast as the server takes it, while the metric moves.
  monitor().SetDepth(90);
  int writes = 0;
  EXPECT_TRUE(Throughout(seconds(4), [&] {
    const int size = 3 + writes++ % 2;
    return api().Patch(TargetPath(), {{"spec", {{"replicas", size}}}}).has_value();
  }));
  EXPECT_GT(writes, 10);
  EXPECT_TRUE(Reaches(9)) << "it does not settle; now " << Replicas();
  EXPECT_TRUE(Throughout(seconds(3), [&] { return Replicas() == 9; }));
  // Conflicts are part of life: they are neither events nor failures of the object.
  for (const std::string& reason : EventReasons())
    EXPECT_NE(reason, "ScaleFailed");
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale").starts_with("True"); }))
      << StatusOf().dump(2);
}

TEST_F(KubeTargets, TwoObjectsOnOneTargetAreBothRefused) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject();
  ApplyObject({{"maxReplicas", 5}}, "rival");
  StartEngine();
  for (const char* name : {"web", "rival"}) {
    EXPECT_TRUE(Eventually([&] {
      return Condition("ScalingActive", name) == "False AmbiguousTarget";
    })) << StatusOf(name).dump(2);
  }
  EXPECT_THAT(ConditionMessage("ScalingActive"), HasSubstr("rival"));
  Pass(seconds(2));
  EXPECT_EQ(Replicas(), 2);

  Delete(ObjectPath("rival"));
  EXPECT_TRUE(Reaches(7)) << StatusOf().dump(2);
}

TEST_F(KubeTargets, AHorizontalPodAutoscalerOnTheTargetIsARivalToo) {
  monitor().SetDepth(70);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject();
  const Json rival = Json::parse(R"({
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "stock"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
             "maxReplicas": 5}})");
  Json object = rival;
  object["metadata"]["namespace"] = ns();
  Apply(object);
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("ScalingActive") == "False AmbiguousTarget"; }))
      << StatusOf().dump(2);
  Pass(seconds(2));
  EXPECT_EQ(Replicas(), 2);
  Delete(PathOf(object));
  EXPECT_TRUE(Reaches(7)) << StatusOf().dump(2);
}

TEST_F(KubeTargets, ATargetThatComesLaterIsFound) {
  monitor().SetDepth(70);
  ApplySource();
  ApplyObject();
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale") == "False TargetNotFound"; }))
      << StatusOf().dump(2);
  ApplyDeployment(2);
  EXPECT_TRUE(Reaches(7)) << StatusOf().dump(2);
  EXPECT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; })) << StatusOf().dump(2);
}

TEST_F(KubeTargets, ATargetThatIsDeletedAndMadeAnewIsScaledAgain) {
  StartAt(50);
  Delete(TargetPath());
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale") == "False TargetNotFound"; }))
      << StatusOf().dump(2);
  ApplyDeployment(2);
  EXPECT_TRUE(Reaches(5)) << StatusOf().dump(2);
}

TEST_F(KubeTargets, ATargetWithoutScaleIsRefusedWithTheReason) {
  monitor().SetDepth(70);
  Apply({{"apiVersion", "v1"},
         {"kind", "ConfigMap"},
         {"metadata", {{"name", "web"}, {"namespace", ns()}}}});
  ApplySource();
  ApplyObject({{"scaleTargetRef", {{"apiVersion", "v1"}, {"kind", "ConfigMap"}}}});
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale").starts_with("False"); }))
      << StatusOf().dump(2);
  EXPECT_THAT(ConditionMessage("AbleToScale"), HasSubstr("scale"));
  EXPECT_THAT(Condition("Ready"), HasSubstr("False"));
}

TEST_F(KubeTargets, AnUnknownKindIsRefusedWithTheReason) {
  ApplySource();
  ApplyObject({{"scaleTargetRef", {{"apiVersion", "nobody.example.com/v1"}, {"kind", "Ghost"}}}});
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale").starts_with("False"); }))
      << StatusOf().dump(2);
  EXPECT_THAT(ConditionMessage("AbleToScale"), HasSubstr("Ghost"));
}

TEST_F(KubeTargets, LoweringMaxReplicasTakesEffectAtOnce) {
  StartAt(150);
  PatchSpec({{"maxReplicas", 6}});
  EXPECT_TRUE(Reaches(6)) << Replicas();
  EXPECT_TRUE(Throughout(seconds(2), [&] { return Replicas() == 6; }));
}

TEST_F(KubeTargets, NothingIsWrittenASecondAfterItWasPaused) {
  StartAt(50);
  int depth = 0;
  PatchSpec({{"mode", "Paused"}});
  monitor().SetDepth(170);
  Pass(seconds(1));
  const std::string version = Read(TargetPath()).at("/metadata/resourceVersion"_json_pointer);
  EXPECT_TRUE(Throughout(seconds(4), [&] {
    monitor().SetDepth(20 + 30 * (depth++ % 5));
    return Read(TargetPath()).at("/metadata/resourceVersion"_json_pointer) == version;
  })) << Replicas();
  PatchSpec({{"mode", "Active"}});
  monitor().SetDepth(80);
  EXPECT_TRUE(Reaches(8)) << Replicas();
}

TEST_F(KubeTargets, AnObjectThatIsDeletedStopsScalingAndMadeAnewScalesAgain) {
  StartAt(50);
  Delete(ObjectPath());
  monitor().SetDepth(170);
  Pass(seconds(1));
  EXPECT_TRUE(Throughout(seconds(3), [&] { return Replicas() == 5; })) << Replicas();
  ApplyObject();
  EXPECT_TRUE(Reaches(17)) << StatusOf().dump(2);
}

TEST_F(KubeTargets, DeletingAndMakingAnObjectInOneBreathLosesNothing) {
  StartAt(50);
  for (int i = 0; i < 5; ++i) {
    Delete(ObjectPath());
    ApplyObject({{"maxReplicas", 10 + i}});
  }
  monitor().SetDepth(1000);
  EXPECT_TRUE(Reaches(14)) << StatusOf().dump(2);
  EXPECT_TRUE(Eventually([&] { return StatusOf().value("desiredReplicas", 0) == 14; }))
      << StatusOf().dump(2);
}

TEST_F(KubeTargets, ASourceThatIsMissingHoldsUntilItIsThere) {
  monitor().SetDepth(30);
  ApplyDeployment(8);
  ApplyObject();
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("MetricsFresh") == "False SourceNotFound"; }))
      << StatusOf().dump(2);
  EXPECT_EQ(Replicas(), 8);
  ApplySource();
  EXPECT_TRUE(Reaches(3)) << StatusOf().dump(2);
}

TEST_F(KubeTargets, ATargetAtZeroIsLeftAlone) {
  monitor().SetDepth(70);
  ApplyDeployment(0);
  ApplySource();
  ApplyObject();
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Condition("ScalingActive") == "False ScalingDisabled"; }))
      << StatusOf().dump(2);
  Pass(milliseconds(2500));
  EXPECT_EQ(Replicas(), 0);
}

}  // namespace
}  // namespace hpaplus::test
