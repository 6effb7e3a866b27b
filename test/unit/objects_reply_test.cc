#include "engine/kube/objects_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::kube {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPod = R"({
  "metadata": {"namespace": "shop", "name": "web-1", "uid": "u1", "resourceVersion": "17",
    "labels": {"tier": "front", "app": "web"}},
  "spec": {
    "containers": [
      {"name": "main", "image": "x", "resources": {"requests": {"memory": "64Mi", "cpu": "250m"}}},
      {"name": "bare"}],
    "initContainers": [
      {"name": "proxy", "restartPolicy": "Always", "resources": {"requests": {"cpu": 1}}}],
    "overhead": {"cpu": "10m"}},
  "status": {"phase": "Running", "startTime": "2026-11-23T10:00:00Z",
    "conditions": [
      {"type": "Initialized", "status": "True"},
      {"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-23T10:00:05Z"}]}})";

TEST(ObjectsReply, APodIsReadWithWhatADecisionNeeds) {
  const auto object = ParsePod(kPod);
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->ns, "shop");
  EXPECT_EQ(object->uid, "u1");
  EXPECT_EQ(object->resource_version, "17");
  const Pod& pod = object->pod;
  EXPECT_EQ(pod.name, "web-1");
  EXPECT_THAT(*pod.labels,
              testing::ElementsAre(testing::Pair("app", "web"), testing::Pair("tier", "front")));
  EXPECT_EQ(pod.phase, PodPhase::kRunning);
  EXPECT_FALSE(pod.deleting);
  ASSERT_TRUE(pod.start_time);
  ASSERT_TRUE(pod.ready);
  EXPECT_EQ(pod.ready->status, ConditionStatus::kFalse);
  EXPECT_EQ(*pod.ready->last_transition - *pod.start_time, std::chrono::seconds(5));
  ASSERT_EQ(pod.resources->containers.size(), 2U);
  ASSERT_EQ(pod.resources->containers[0].requests.size(), 2U);
  EXPECT_EQ(pod.resources->containers[0].requests[0].first, "cpu");
  EXPECT_EQ(pod.resources->containers[0].requests[0].second.MilliValue(), 250);
  EXPECT_TRUE(pod.resources->containers[1].requests.empty());
  ASSERT_EQ(pod.resources->init_containers.size(), 1U);
  EXPECT_TRUE(pod.resources->init_containers[0].restarts_always);
  EXPECT_EQ(pod.resources->init_containers[0].requests[0].second.MilliValue(), 1000);
  EXPECT_FALSE(pod.resources->pod_requests);
  EXPECT_EQ(pod.resources->overhead[0].second.MilliValue(), 10);
}

TEST(ObjectsReply, APodBeingDeletedWithRequestsOfItsOwnIsReadAsSuch) {
  const auto object = ParsePod(
      R"({"metadata":{"name":"p","deletionTimestamp":"2026-11-23T10:00:00Z"},
          "spec":{"resources":{"requests":{"cpu":"2"}}},"status":{"conditions":null}})");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_TRUE(object->pod.deleting);
  ASSERT_TRUE(object->pod.resources->pod_requests);
  EXPECT_EQ(object->pod.resources->pod_requests->at(0).second.MilliValue(), 2000);
  EXPECT_FALSE(object->pod.ready);
}

struct BadCase {
  std::string name;
  std::string json;
  std::string message;
};

class BadPod : public testing::TestWithParam<BadCase> {};

TEST_P(BadPod, IsAnErrorThatNamesTheField) {
  const auto object = ParsePod(GetParam().json);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, ErrorCode::kMalformedData);
  EXPECT_THAT(object.error().message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadPod,
    testing::Values(BadCase{"NotJson", "{", "pod: "}, BadCase{"Empty", "", "pod: "},
                    BadCase{"AList", "[1]", "it is not an object"},
                    BadCase{"NoName", "{}", "metadata.name is empty"},
                    BadCase{"LabelsAreAList", R"({"metadata":{"name":"p","labels":[]}})",
                            "pod p: metadata.labels is not an object"},
                    BadCase{"ALabelIsANumber", R"({"metadata":{"name":"p","labels":{"a":1}}})",
                            "metadata.labels.a is not a string"},
                    BadCase{"BadRequest",
                            R"({"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},
                    {"name":"b","resources":{"requests":{"cpu":"many"}}}]}})",
                            "spec.containers[1].resources.requests.cpu is not a quantity"},
                    BadCase{"BadTime", R"({"metadata":{"name":"p"},"status":{"startTime":"noon"}})",
                            "status.startTime is not a time"}),
    [](const auto& test) { return test.param.name; });

TEST(ObjectsReply, ADeploymentHasOneReplicaWhenItSaysNothing) {
  const auto object = ParseAppsWorkload(
      R"({"metadata":{"name":"web","namespace":"shop","uid":"u","resourceVersion":"5"},
          "spec":{"selector":{"matchLabels":{"tier":"front","app":"web"},
            "matchExpressions":[{"key":"env","operator":"In","values":["b","a"]},
              {"key":"canary","operator":"DoesNotExist"},{"key":"zone","operator":"Exists"},
              {"key":"x","operator":"NotIn","values":["y"]}]}},
          "status":{"replicas":3}})");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->scale.status, ScaleStatus::kKnown);
  EXPECT_EQ(object->scale.spec_replicas, 1);
  EXPECT_EQ(object->scale.status_replicas, 3);
  EXPECT_EQ(object->scale.resource_version, "5");
  EXPECT_EQ(object->scale.selector, "app=web,!canary,env in (a,b),tier=front,x notin (y),zone");
}

RolloutState RolloutOf(const std::string& spec, const std::string& status) {
  const auto object = ParseAppsWorkload(R"({"metadata":{"name":"web"},"spec":)" + spec +
                                        R"(,"status":)" + status + "}");
  EXPECT_TRUE(object) << object.error().message;
  return object ? object->scale.rollout : RolloutState();
}

TEST(ObjectsReply, ADeploymentTellsARolloutByThePodsThatAreNotUpdated) {
  const std::string spec = R"({"replicas":10,"strategy":{"type":"RollingUpdate"}})";
  const RolloutState rolling = RolloutOf(spec, R"({"replicas":12,"updatedReplicas":5})");
  EXPECT_EQ(rolling, (RolloutState{true, true, 12, 5, "pod-template-hash", ""}));
  EXPECT_TRUE(RolloutOf(spec, R"({"replicas":12})").rolling) << "none is updated yet";
  EXPECT_FALSE(RolloutOf(spec, R"({"replicas":8,"updatedReplicas":8})").rolling)
      << "a plain change of size";
  EXPECT_FALSE(RolloutOf(spec, "{}").rolling);
}

TEST(ObjectsReply, AStatefulSetNamesItsNewestRevision) {
  const auto status = [](int updated, const char* current) {
    return R"({"replicas":6,"updatedReplicas":)" + std::to_string(updated) +
           R"(,"currentRevision":")" + current + R"(","updateRevision":"db-2"})";
  };
  const std::string plain = R"({"replicas":6,"updateStrategy":{"type":"RollingUpdate"}})";
  EXPECT_EQ(RolloutOf(plain, status(2, "db-1")),
            (RolloutState{true, true, 6, 2, "controller-revision-hash", "db-2"}));
  EXPECT_FALSE(RolloutOf(plain, status(6, "db-2")).rolling);
  EXPECT_FALSE(RolloutOf(plain, status(6, "db-1")).rolling);
  const std::string half =
      R"({"replicas":6,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":3}}})";
  EXPECT_TRUE(RolloutOf(half, status(2, "db-1")).rolling);
  EXPECT_FALSE(RolloutOf(half, status(3, "db-1")).rolling) << "the rest stays as it is";
  const std::string by_hand = R"({"replicas":6,"updateStrategy":{"type":"OnDelete"}})";
  EXPECT_FALSE(RolloutOf(by_hand, status(2, "db-1")).rolling);
}

TEST(ObjectsReply, AReplicaSetIsNeverRolledOut) {
  EXPECT_EQ(RolloutOf(R"({"replicas":3})", R"({"replicas":3})"), RolloutState());
}

TEST(ObjectsReply, AScaleHasItsSelectorAsTextOrNone) {
  const auto with = ParseScale(
      R"({"metadata":{"name":"db","namespace":"shop","uid":"u","resourceVersion":"9"},
          "spec":{"replicas":4},"status":{"replicas":2,"selector":"app=db"}})");
  ASSERT_TRUE(with) << with.error().message;
  EXPECT_EQ(with->scale.spec_replicas, 4);
  EXPECT_EQ(with->scale.selector, "app=db");
  const auto without = ParseScale(R"({"metadata":{"name":"db"},"spec":{},"status":{}})");
  ASSERT_TRUE(without);
  EXPECT_EQ(without->scale.spec_replicas, 0);
  EXPECT_EQ(without->scale.selector, std::nullopt);
}

TEST(ObjectsReply, ASizeThatIsNoneIsAnErrorAndNeverZero) {
  for (const char* bad : {"-1", "2147483648", "1.5", "\"3\"", "9223372036854775808"}) {
    const auto scale =
        ParseScale(std::string(R"({"metadata":{"name":"db"},"spec":{"replicas":)") + bad + "}}");
    ASSERT_FALSE(scale) << bad;
    EXPECT_THAT(scale.error().message, HasSubstr("scale db: spec.replicas is not"));
  }
}

TEST(ObjectsReply, AP20AForeignAutoscalerNamesItsTarget) {
  const auto scaler = ParseForeignScaler(
      R"({"metadata":{"name":"web","namespace":"shop"},
          "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"web"}}})");
  ASSERT_TRUE(scaler);
  EXPECT_EQ(scaler->target, (ObjectRef{"apps/v1", "Deployment", "web"}));
}

TEST(ObjectsReply, ASecretIsDecoded) {
  const auto data = ParseSecretData(
      R"({"metadata":{"name":"s"},"data":{"a":"aGVsbG8=","b":"aGk=","c":"","d":"AP+/","e":"Zm9v"}})");
  ASSERT_TRUE(data) << data.error().message;
  EXPECT_EQ(data->at("a"), "hello");
  EXPECT_EQ(data->at("b"), "hi");
  EXPECT_EQ(data->at("c"), "");
  EXPECT_EQ(data->at("d"), std::string("\0\xFF\xBF", 3));
  EXPECT_EQ(data->at("e"), "foo");
}

TEST(ObjectsReply, SC3ABrokenSecretDoesNotShowItsContent) {
  const auto data = ParseSecretData(R"({"metadata":{"name":"s"},"data":{"token":"hunter2!"}})");
  ASSERT_FALSE(data);
  EXPECT_EQ(data.error().message, "secret s: data.token is not base64");
}

TEST(ObjectsReply, AP14OlderVersionsAreToldByNumberAndOnlyByNumber) {
  EXPECT_TRUE(IsOlderVersion("9", "10"));
  EXPECT_FALSE(IsOlderVersion("10", "10"));
  EXPECT_FALSE(IsOlderVersion("11", "10"));
  EXPECT_FALSE(IsOlderVersion("9", ""));
  EXPECT_FALSE(IsOlderVersion("", "10"));
  EXPECT_FALSE(IsOlderVersion("9a", "10"));
}

}  // namespace
}  // namespace hpaplus::kube
