// What an API server says to a HorizontalPodAutoscaler, where the recorded objects say nothing.

#include "engine/model/hpa_admission.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using Fields = std::vector<std::string>;

HpaObject Read(const std::string& metrics, const std::string& more = "",
               const std::string& target = R"({"apiVersion":"apps/v1","kind":"D","name":"web"})") {
  const auto object = ParseHpa(R"({"metadata":{"name":"web","namespace":"shop"},"spec":{)"
                               R"("maxReplicas":9,"scaleTargetRef":)" +
                               target + R"(,"metrics":[)" + metrics + "]" + more + "}}");
  EXPECT_TRUE(object) << object.error().message;
  HpaObject out = object ? *object : HpaObject();
  DefaultHpa(out.spec);
  return out;
}

Fields Complaints(const HpaObject& object, const HpaObject* old = nullptr,
                  const HpaGates& gates = {}) {
  Fields out;
  for (const HpaProblem& problem : ValidateHpa(object, old, gates))
    out.push_back(problem.type.substr(10) + " " + problem.field);
  return out;
}

std::string Container(const std::string& resource, const std::string& container) {
  return R"({"type":"ContainerResource","containerResource":{"name":")" + resource +
         R"(","container":")" + container +
         R"(","target":{"type":"Utilization","averageUtilization":50}}})";
}

std::string Object(const std::string& api_version) {
  return R"({"type":"Object","object":{"describedObject":{"apiVersion":")" + api_version +
         R"(","kind":"Ingress","name":"main"},"metric":{"name":"rps"},)"
         R"("target":{"type":"Value","value":"10"}}})";
}

TEST(HpaAdmission, KnowsTheResourcesOfContainers) {
  const std::string name = "Invalid spec.metrics[0].containerResource.name";
  for (const char* good : {"cpu", "memory", "ephemeral-storage", "hugepages-2Mi", "vendor.io/gpu"})
    EXPECT_EQ(Complaints(Read(Container(good, "app"))), Fields()) << good;
  EXPECT_EQ(Complaints(Read(Container("gpu", "app"))), (Fields{name, name}));
  EXPECT_EQ(Complaints(Read(Container("pods", "app"))), Fields{name});
  EXPECT_EQ(Complaints(Read(Container("requests.x/gpu", "app"))), Fields{name});
  EXPECT_EQ(Complaints(Read(Container("/gpu", "app"))), (Fields{name, name}));
  EXPECT_EQ(Complaints(Read(Container("a/b/c", "app"))), (Fields{name, name}));
  EXPECT_EQ(Complaints(Read(Container("x.io/" + std::string(64, 'a'), "app"))),
            (Fields{name, name}));
}

TEST(HpaAdmission, WantsLabelsAsNamesOfContainers) {
  const std::string field = "spec.metrics[0].containerResource.container";
  EXPECT_EQ(Complaints(Read(Container("cpu", ""))), Fields{"Required " + field});
  for (const std::string& bad : {std::string("App"), std::string("a.b"), std::string(64, 'a')})
    EXPECT_EQ(Complaints(Read(Container("cpu", bad))), Fields{"Invalid " + field}) << bad;
}

TEST(HpaAdmission, WantsAGroupExceptForReplicationControllersAndDescribedObjects) {
  const std::string field = "Invalid spec.scaleTargetRef.apiVersion";
  const auto target = [](const char* version, const char* kind) {
    return std::string(R"({"apiVersion":")") + version + R"(","kind":")" + kind +
           R"(","name":"web"})";
  };
  EXPECT_EQ(Complaints(Read("", "", target("v1", "Pod"))), Fields{field});
  EXPECT_EQ(Complaints(Read("", "", target("/", "Pod"))), Fields{field});
  EXPECT_EQ(Complaints(Read("", "", target("a/b/c", "Pod"))), Fields{field});
  EXPECT_EQ(Complaints(Read("", "", target("v1", "ReplicationController"))), Fields());
  EXPECT_EQ(Complaints(Read(Object("v1"))), Fields());
  EXPECT_EQ(Complaints(Read(Object("a/b/c"))),
            Fields{"Invalid spec.metrics[0].object.describedObject.apiVersion"});
}

TEST(HpaAdmission, AStoredObjectMayKeepItsMistakes) {
  const HpaObject bad_target = Read("", "", R"({"apiVersion":"v1","kind":"Pod","name":"web"})");
  EXPECT_EQ(Complaints(bad_target, &bad_target), Fields());
  const HpaObject bad_object = Read(Object("a/b/c"));
  EXPECT_EQ(Complaints(bad_object, &bad_object), Fields());
  const HpaObject zero = Read(Object("v1"), R"(,"minReplicas":0)");
  EXPECT_EQ(Complaints(zero), Fields{"Invalid spec.minReplicas"});
  EXPECT_EQ(Complaints(zero, &zero), Fields());
  HpaGates gates;
  gates.scale_to_zero = true;
  EXPECT_EQ(Complaints(zero, nullptr, gates), Fields());
}

TEST(HpaAdmission, LimitsBehavior) {
  const auto with = [](const std::string& rules) {
    return Complaints(Read("", R"(,"behavior":{"scaleDown":)" + rules + "}"));
  };
  const std::string path = "spec.behavior.scaleDown.";
  EXPECT_EQ(with(R"({"tolerance":"-1m"})"), Fields{"Invalid " + path + "tolerance"});
  EXPECT_EQ(with(R"({"tolerance":"0"})"), Fields());
  EXPECT_EQ(with(R"({"policies":[]})"), Fields{"Required " + path + "policies"});
  EXPECT_EQ(with(R"({"stabilizationWindowSeconds":3600})"), Fields());
  EXPECT_EQ(with(R"({"stabilizationWindowSeconds":3601})"),
            Fields{"Invalid " + path + "stabilizationWindowSeconds"});
  EXPECT_EQ(with(R"({"selectPolicy":""})"), Fields{"NotSupported " + path + "selectPolicy"});
  EXPECT_EQ(with(R"({"policies":[{"type":"Pods","value":1,"periodSeconds":1801}]})"),
            Fields{"Invalid " + path + "policies[0].periodSeconds"});
}

TEST(HpaAdmission, DropsTolerancesWithoutTheGateUnlessOneIsInUse) {
  HpaGates gates;
  gates.configurable_tolerance = false;
  const HpaObject with = Read("", R"(,"behavior":{"scaleUp":{"tolerance":"50m"}})");
  HpaObject fresh = with;
  DropDisabledFields(fresh.spec, nullptr, gates);
  EXPECT_FALSE(fresh.spec.behavior->scale_up->tolerance);
  HpaObject used = with;
  DropDisabledFields(used.spec, &with.spec, gates);
  EXPECT_TRUE(used.spec.behavior->scale_up->tolerance);
}

TEST(HpaAdmission, WrongTypesAreNamedByTheirPath) {
  const auto object = ParseHpa(R"({"spec":{"metrics":[{"type":"Pods"},{"type":5}]}})");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().message, "spec.metrics[1].type is not a string");
  EXPECT_FALSE(ParseHpa("{"));
  EXPECT_FALSE(ParseHpa(R"({"spec":{"maxReplicas":3000000000}})"));
}

TEST(HpaObject, WritesBackWhatItReadAsTheApiServerDoes) {
  const HpaObject object = Read(Container("cpu", "app"), R"(,"behavior":{"scaleUp":{}})");
  EXPECT_EQ(HpaSpecJson(object.spec),
            R"({"scaleTargetRef":{"kind":"D","name":"web","apiVersion":"apps/v1"},)"
            R"("minReplicas":1,"maxReplicas":9,"metrics":[{"type":"ContainerResource",)"
            R"("containerResource":{"name":"cpu","target":{"type":"Utilization",)"
            R"("averageUtilization":50},"container":"app"}}],"behavior":{"scaleUp":{)"
            R"("stabilizationWindowSeconds":0,"selectPolicy":"Max","policies":[)"
            R"({"type":"Pods","value":4,"periodSeconds":15},)"
            R"({"type":"Percent","value":100,"periodSeconds":15}]},"scaleDown":{)"
            R"("selectPolicy":"Max","policies":[)"
            R"({"type":"Percent","value":100,"periodSeconds":15}]}}})");
}

}  // namespace
}  // namespace hpaplus
