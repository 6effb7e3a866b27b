#include "test/kube/kube_fixture.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <utility>

#include <unistd.h>

namespace hpaplus::test {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(50);

std::unique_ptr<KubeCluster>& SharedCluster() {
  static std::unique_ptr<KubeCluster> cluster;
  return cluster;
}

/// Ends the cluster before the program's statics go.
class ClusterEnd final : public testing::Environment {
 public:
  void TearDown() override { SharedCluster().reset(); }
};

const testing::Environment* const kClusterEnd = testing::AddGlobalTestEnvironment(new ClusterEnd);

Json DefaultSpec() {
  return Json::parse(R"({
    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
    "minReplicas": 1,
    "maxReplicas": 20,
    "evaluation": {"period": "1s"},
    "metrics": [{
      "name": "depth",
      "type": "Source",
      "source": {
        "ref": {"name": "monitor"},
        "query": "queue.depth",
        "target": {"type": "AverageValue", "averageValue": "10"}
      }
    }],
    "behavior": {
      "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Pods", "value": 1000, "periodSeconds": 1}]
      },
      "scaleDown": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Pods", "value": 1000, "periodSeconds": 1}]
      }
    }
  })");
}

}  // namespace

KubeCluster& KubeTest::cluster() {
  std::unique_ptr<KubeCluster>& cluster = SharedCluster();
  if (cluster != nullptr) return *cluster;
  const char* const shared = std::getenv(KubeCluster::kSharedDirectory);
  auto ready = shared != nullptr ? KubeCluster::Attach(shared) : KubeCluster::StartWithCrds();
  if (!ready) {
    std::cerr << ready.error().message << "\n";
    std::exit(1);
  }
  cluster = *std::move(ready);
  return *cluster;
}

void KubeTest::SetUp() {
  static int namespaces = 0;
  ns_ = "test-" + std::to_string(::getpid()) + "-" + std::to_string(++namespaces);
  monitor_.SetDepth(0);
  Apply({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", ns_}}}});
}

void KubeTest::TearDown() {
  if (engine_ == nullptr) return;
  EXPECT_TRUE(engine_->running()) << "hpaplus has ended before the test did";
  if (HasFailure()) std::cerr << "--- the log of hpaplus:\n" << engine_->Log() << "---\n";
  engine_.reset();
}

void KubeTest::Apply(const Json& object) {
  const Result<Json> applied = api().Apply(object);
  ASSERT_TRUE(applied) << applied.error().message;
}

void KubeTest::ApplyDeployment(int replicas, const std::string& name) {
  Json object = Json::parse(R"({
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app"}]}}}
  })");
  const Json labels = {{"app", name}};
  object["metadata"] = {{"name", name}, {"namespace", ns_}};
  object["spec"]["replicas"] = replicas;
  object["spec"]["selector"]["matchLabels"] = labels;
  object["spec"]["template"]["metadata"]["labels"] = labels;
  Apply(object);
}

void KubeTest::ApplySource() {
  Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
         {"kind", "MetricSource"},
         {"metadata", {{"name", "monitor"}, {"namespace", ns_}}},
         {"spec", {{"type", "HTTP"}, {"endpoint", monitor_.url()}}}});
}

Json KubeTest::HpaPlusObject(const Json& spec, const std::string& name) const {
  Json object = {{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
                 {"kind", "HPAPlus"},
                 {"metadata", {{"name", name}, {"namespace", ns_}}},
                 {"spec", DefaultSpec()}};
  object["spec"].merge_patch(spec);
  return object;
}

void KubeTest::ApplyObject(const Json& spec, const std::string& name) {
  Apply(HpaPlusObject(spec, name));
}

void KubeTest::PatchSpec(const Json& spec, const std::string& name) {
  const Result<Json> patched = api().Patch(ObjectPath(name), {{"spec", spec}});
  ASSERT_TRUE(patched) << patched.error().message;
}

void KubeTest::Delete(const std::string& path) {
  const Status deleted = api().Delete(path);
  ASSERT_TRUE(deleted) << deleted.error().message;
}

std::string KubeTest::ObjectPath(const std::string& name) const {
  return PathOf("autoscaling.hpaplus.io/v1alpha1", "HPAPlus", ns_, name);
}

std::string KubeTest::TargetPath(const std::string& name) const {
  return PathOf("apps/v1", "Deployment", ns_, name);
}

void KubeTest::StartAt(double depth, const Json& spec) {
  monitor_.SetDepth(depth);
  ApplyDeployment(1);
  ApplySource();
  ApplyObject(spec);
  StartEngine();
  const int expected = static_cast<int>((depth + 9) / 10);
  ASSERT_TRUE(Reaches(expected)) << Replicas() << "\n" << StatusOf().dump(2);
}

void KubeTest::StartEngine(HpaplusProcess::Options options) {
  if (options.kubeconfig.empty()) options.kubeconfig = cluster().Kubeconfig();
  if (options.ns.empty()) options.ns = ns_;
  auto started = HpaplusProcess::Start(options);
  ASSERT_TRUE(started) << started.error().message;
  engine_ = *std::move(started);
}

Json KubeTest::Read(const std::string& path) {
  const Result<Json> object = api().Get(path);
  return object ? *object : Json();
}

int KubeTest::ReplicasAt(const std::string& path) {
  return Read(path).value("/spec/replicas"_json_pointer, -1);
}

int KubeTest::Replicas(const std::string& name) {
  return ReplicasAt(TargetPath(name));
}

Json KubeTest::StatusOf(const std::string& name) {
  const Json object = Read(ObjectPath(name));
  return object.value("/status"_json_pointer, Json::object());
}

std::string KubeTest::Condition(const std::string& type, const std::string& name) {
  const Json status = StatusOf(name);
  for (const Json& condition : status.value("conditions", Json::array())) {
    if (condition.at("type") != type) continue;
    return condition.at("status").get<std::string>() + " " +
           condition.at("reason").get<std::string>();
  }
  return "";
}

std::string KubeTest::ConditionMessage(const std::string& type, const std::string& name) {
  const Json status = StatusOf(name);
  for (const Json& condition : status.value("conditions", Json::array())) {
    if (condition.at("type") == type) return condition.at("message").get<std::string>();
  }
  return "";
}

std::vector<std::string> KubeTest::EventReasons(const std::string& name, const std::string& kind) {
  const Json list = Read("/apis/events.k8s.io/v1/namespaces/" + ns_ + "/events");
  std::multimap<std::string, std::string> by_time;
  for (const Json& event : list.value("items", Json::array())) {
    const Json regarding = event.value("regarding", Json::object());
    if (regarding.value("name", "") != name || regarding.value("kind", "") != kind) continue;
    by_time.emplace(event.value("eventTime", ""), event.value("reason", ""));
  }
  std::vector<std::string> reasons;
  for (const auto& [time, reason] : by_time)
    reasons.push_back(reason);
  return reasons;
}

void KubeTest::Pass(Duration time) {
  static_cast<void>(api().clock().WaitUntil(Now() + time, {}));
}

bool KubeTest::Eventually(const std::function<bool()>& holds, Duration most) {
  const Timestamp deadline = Now() + most;
  while (!holds()) {
    if (Now() >= deadline) return false;
    Pass(kLookEvery);
  }
  return true;
}

bool KubeTest::Throughout(Duration time, const std::function<bool()>& holds) {
  const Timestamp end = Now() + time;
  while (holds()) {
    if (Now() >= end) return true;
    Pass(kLookEvery);
  }
  return false;
}

bool KubeTest::Reaches(int replicas, Duration most) {
  return Eventually([&] { return Replicas() == replicas; }, most);
}

}  // namespace hpaplus::test
