// The real kubectl against the embedded cluster. Without a kubectl the tests are skipped, loudly;
// Debian has one in kubernetes-client, test/kube/assets.sh builds one.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/embedded/embedded_cluster.h"
#include "engine/shell/system_clock.h"
#include "test/support/child_process.h"

namespace hpaplus {
namespace {

namespace fs = std::filesystem;

constexpr Duration kPatience = std::chrono::seconds(30);

constexpr char kWeb[] = R"(
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations:
    embedded.hpaplus.io/start-delay: 100ms
    embedded.hpaplus.io/cpu-total: "3"
    embedded.hpaplus.io/memory-per-pod: 64Mi
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: main
        image: web:1
        resources: {requests: {cpu: 500m}}
)";

std::string Assets() {
  const char* given = std::getenv("KUBEBUILDER_ASSETS");
  return given == nullptr ? std::string() : std::string(given) + "/kubectl";
}

std::string FindKubectl() {
  for (const std::string& path :
       {Assets(), std::string("/usr/bin/kubectl"), std::string("/usr/local/bin/kubectl")}) {
    if (!path.empty() && ::access(path.c_str(), X_OK) == 0) return path;
  }
  return {};
}

struct Outcome {
  int code = -1;
  std::string text;  // stdout and stderr
};

class EmbeddedKubectl : public ::testing::Test {
 protected:
  void SetUp() override {
    kubectl_ = FindKubectl();
    if (kubectl_.empty()) {
      GTEST_SKIP() << "*** NO KUBECTL: the embedded cluster was not tested with it; install "
                      "kubernetes-client or run test/kube/assets.sh ***";
    }
    directory_ =
        fs::path(::testing::TempDir()) / ("embedded-kubectl-" + std::to_string(::getpid()));
    fs::create_directories(directory_);
    EmbeddedCluster::Config config;
    config.start_delay = std::chrono::milliseconds(100);
    config.stop_delay = std::chrono::milliseconds(50);
    config.metrics_interval = std::chrono::milliseconds(200);
    auto started = EmbeddedCluster::Start(config, clock_);
    ASSERT_TRUE(started) << started.error().message;
    cluster_ = std::move(*started);
    ASSERT_TRUE(cluster_->WriteKubeconfig(directory_ / "kubeconfig"));
  }

  void TearDown() override {
    cluster_.reset();
    fs::remove_all(directory_);
  }

  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(directory_ / name) << text;
    return directory_ / name;
  }

  Result<std::unique_ptr<support::ChildProcess>> Launch(std::vector<std::string> arguments,
                                                        const std::string& output) {
    arguments.insert(arguments.begin(), {kubectl_, "--kubeconfig", directory_ / "kubeconfig"});
    return support::ChildProcess::Start(
        {arguments, {"HOME=" + directory_.string()}, directory_ / output});
  }

  std::string Output(const std::string& name) {
    std::ifstream in(directory_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Outcome Kubectl(const std::vector<std::string>& arguments) {
    auto process = Launch(arguments, "output");
    if (!process) return {-1, process.error().message};
    const std::optional<int> code = (*process)->Wait(kPatience);
    return {code.value_or(-1), Output("output")};
  }

  // kubectl's output once it contains `text`; what it was last when it never does.
  std::string Until(const std::vector<std::string>& arguments, const std::string& text) {
    const Timestamp deadline = clock_.Now() + kPatience;
    std::string last;
    while (clock_.Now() < deadline) {
      last = Kubectl(arguments).text;
      if (last.find(text) != std::string::npos) return last;
    }
    return last;
  }

  SystemClock clock_;
  std::string kubectl_;
  fs::path directory_;
  std::unique_ptr<EmbeddedCluster> cluster_;
};

void Contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in:\n" << text;
}

TEST_F(EmbeddedKubectl, AppliesScalesDescribesAndDeletesADeployment) {
  const std::string file = File("web.yaml", kWeb);
  Contains(Kubectl({"apply", "-f", file}).text, "deployment.apps/web created");
  Contains(Kubectl({"rollout", "status", "deploy/web", "--timeout=20s"}).text,
           "successfully rolled out");
  Contains(Kubectl({"get", "deploy", "web"}).text, "3/3");
  Contains(Kubectl({"apply", "-f", file}).text, "deployment.apps/web unchanged");
  Contains(Kubectl({"scale", "deploy", "web", "--replicas=5"}).text, "scaled");
  Contains(
      Kubectl({"wait", "--for=jsonpath={.status.readyReplicas}=5", "deploy/web", "--timeout=20s"})
          .text,
      "condition met");
  const std::string described = Kubectl({"describe", "deploy", "web"}).text;
  Contains(described, "Scaled up replica set");
  Contains(described, "5 desired | 5 updated | 5 total | 5 available | 0 unavailable");
  Contains(Until({"top", "pods"}, "600m"), "64Mi");  // 3 cores shared by 5
  Contains(Kubectl({"get", "all"}).text, "replicaset.apps/web-");
  EXPECT_EQ(Kubectl({"delete", "deploy", "web", "--timeout=20s"}).code, 0);
  Contains(Until({"get", "pods"}, "No resources found"), "No resources found");
}

TEST_F(EmbeddedKubectl, RollsOutAChangedTemplateAndBack) {
  std::string changed = kWeb;
  changed.replace(changed.find("web:1"), 5, "web:2");
  ASSERT_EQ(Kubectl({"apply", "-f", File("web.yaml", kWeb)}).code, 0);
  ASSERT_EQ(Kubectl({"rollout", "status", "deploy/web", "--timeout=20s"}).code, 0);
  Contains(Kubectl({"apply", "-f", File("changed.yaml", changed)}).text, "configured");
  Contains(Kubectl({"rollout", "status", "deploy/web", "--timeout=20s"}).text,
           "successfully rolled out");
  Contains(Kubectl({"get", "pods", "-o", "jsonpath={.items[*].spec.containers[*].image}"}).text,
           "web:2");
  Contains(Kubectl({"rollout", "undo", "deploy/web"}).text, "rolled back");
  Contains(Kubectl({"rollout", "status", "deploy/web", "--timeout=20s"}).text,
           "successfully rolled out");
  Contains(Kubectl({"rollout", "history", "deploy/web"}).text, "3 ");
}

TEST_F(EmbeddedKubectl, WatchesAsATable) {
  ASSERT_EQ(Kubectl({"apply", "-f", File("web.yaml", kWeb)}).code, 0);
  auto watch = Launch({"get", "deploy", "web", "-w"}, "watched");
  ASSERT_TRUE(watch);
  ASSERT_EQ(Kubectl({"scale", "deploy", "web", "--replicas=4"}).code, 0);
  const Timestamp deadline = clock_.Now() + kPatience;
  while (clock_.Now() < deadline && Output("watched").find("4/4") == std::string::npos) {
    (void)Kubectl({"get", "ns"});
  }
  Contains(Output("watched"), "4/4");
}

TEST_F(EmbeddedKubectl, RefusesABadSpecInTheWordsOfTheSchema) {
  const std::string file = File("bad.yaml", R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: bad}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 5
  maxReplicas: 3
)");
  const Outcome outcome = Kubectl({"apply", "-f", file});
  EXPECT_NE(outcome.code, 0);
  Contains(outcome.text, "minReplicas must not exceed maxReplicas");
}

TEST_F(EmbeddedKubectl, ServesACustomKindWithPodsAndScale) {
  const std::string crd = HPAPLUS_SOURCE_DIR "/test/kube/testdata/statefulsetplus-crd.yaml";
  Contains(Kubectl({"apply", "-f", crd}).text, "created");
  Contains(Kubectl({"wait", "--for=condition=Established", "--timeout=20s",
                    "crd/statefulsetpluses.apps.example.com"})
               .text,
           "condition met");
  const std::string file = File("kv.yaml", R"(
apiVersion: apps.example.com/v1
kind: StatefulSetPlus
metadata: {name: kv}
spec:
  replicas: 2
  selector: {matchLabels: {app: kv}}
  template:
    metadata: {labels: {app: kv}}
    spec: {containers: [{name: main, image: "kv:1"}]}
)");
  Contains(Kubectl({"apply", "-f", file}).text, "created");
  Contains(Kubectl({"scale", "stsp", "kv", "--replicas=3"}).text, "scaled");
  Contains(Kubectl({"wait", "--for=jsonpath={.status.readyReplicas}=3", "stsp/kv", "--timeout=20s"})
               .text,
           "condition met");
  Contains(Kubectl({"get", "pods", "-l", "app=kv"}).text, "kv-2");
  EXPECT_EQ(Kubectl({"delete", "stsp", "kv", "--cascade=foreground", "--timeout=20s"}).code, 0);
  Contains(Kubectl({"get", "pods"}).text, "No resources found");
}

// These objects come as protobuf.
TEST_F(EmbeddedKubectl, CreatesObjectsFromFlags) {
  Contains(Kubectl({"create", "namespace", "shop"}).text, "namespace/shop created");
  Contains(
      Kubectl({"create", "deployment", "web", "--image=web:1", "--replicas=2", "-n", "shop"}).text,
      "deployment.apps/web created");
  Contains(Kubectl({"rollout", "status", "deploy/web", "-n", "shop", "--timeout=20s"}).text,
           "successfully rolled out");
  Contains(Kubectl({"create", "configmap", "a", "--from-literal=k=v"}).text, "created");
  Contains(Kubectl({"get", "configmap", "a", "-o", "jsonpath={.data.k}"}).text, "v");
  Contains(Kubectl({"create", "secret", "generic", "s", "--from-literal=k=v"}).text, "created");
  Contains(Kubectl({"get", "secret", "s", "-o", "jsonpath={.data.k}"}).text, "dg==");
  Contains(Kubectl({"create", "quota", "q", "--hard=pods=3,requests.cpu=2"}).text, "created");
  Contains(Kubectl({"run", "one", "--image=web:1", "--labels=a=b", "--port=80",
                    "--overrides={\"spec\":{\"containers\":[{\"name\":\"one\",\"image\":\"i\","
                    "\"resources\":{\"requests\":{\"cpu\":\"1\"}}}]}}"})
               .text,
           "pod/one created");
  Contains(Until({"get", "quota"}, "requests.cpu: 1/2"), "pods: 1/3");
}

TEST_F(EmbeddedKubectl, HoldsPodsToAResourceQuota) {
  const std::string quota = File("quota.yaml", R"(
apiVersion: v1
kind: ResourceQuota
metadata: {name: few}
spec: {hard: {pods: "2", requests.cpu: "4"}}
)");
  ASSERT_EQ(Kubectl({"apply", "-f", quota}).code, 0);
  ASSERT_EQ(Kubectl({"apply", "-f", File("web.yaml", kWeb)}).code, 0);
  Contains(Until({"get", "events"}, "exceeded quota"), "exceeded quota: few, requested: pods=1");
  Contains(Until({"get", "quota"}, "pods: 2/2"), "requests.cpu: 1/4");
  Contains(Kubectl({"get", "deploy", "web"}).text, "2/3");
}

}  // namespace
}  // namespace hpaplus
