// What pods use, from kubelets: a small TLS server shows what a kubelet shows, pods and nodes are
// objects that the test makes.

#include "test/kube/kubelet.h"

#include <fstream>
#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// An address of this host that is not loopback, which no API server would proxy to; or none.
std::string OwnAddress() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "";
  std::string found;
  for (const ifaddrs* one = all; one != nullptr && found.empty(); one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    char text[INET_ADDRSTRLEN] = {};
    const auto* address = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
    inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text));
    if (!std::string_view(text).starts_with("127.")) found = text;
  }
  freeifaddrs(all);
  return found;
}

class KubeKubelet : public KubeTest {
 protected:
  [[nodiscard]] std::string NodeName() const { return "node-of-" + ns(); }

  void ApplyPod(const std::string& name, const std::string& host_ip) {
    Json pod = Json::parse(R"({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
      {"name": "app", "image": "app", "resources": {"requests": {"cpu": "200m"}}}]}})");
    pod["metadata"] = {{"name", name}, {"namespace", ns()}, {"labels", {{"app", "web"}}}};
    pod["spec"]["nodeName"] = NodeName();
    Apply(pod);
    Json status = Json::parse(R"({"phase": "Running", "podIP": "10.1.0.1",
      "startTime": "2026-01-01T00:00:00Z",
      "conditions": [{"type": "Ready", "status": "True",
                      "lastTransitionTime": "2026-01-01T00:00:10Z"}]})");
    status["hostIP"] = host_ip;
    const auto patched = api().Patch(PathOf(pod) + "/status", {{"status", status}});
    ASSERT_TRUE(patched) << patched.error().message;
  }

  void ApplyNode(const std::string& address, int port) {
    const Json node = {
        {"apiVersion", "v1"}, {"kind", "Node"}, {"metadata", {{"name", NodeName()}}}};
    Apply(node);
    const Json status = {
        {"addresses", Json::array({{{"type", "InternalIP"}, {"address", address}}})},
        {"daemonEndpoints", {{"kubeletEndpoint", {{"Port", port}}}}}};
    const auto patched =
        api().Patch("/api/v1/nodes/" + NodeName() + "/status", {{"status", status}});
    ASSERT_TRUE(patched) << patched.error().message;
  }

  // Two pods on one node.
  void ApplyPods(Kubelet& kubelet, const std::string& address, const Kubelet::Load& load) {
    ApplyDeployment(2);
    for (const char* pod : {"web-1", "web-2"}) {
      kubelet.Run(ns(), pod, load);
      ApplyPod(pod, address);
    }
  }

  HpaplusProcess::Options Options(const std::string& kubelet) {
    HpaplusProcess::Options options;
    options.kubeconfig = cluster().Kubeconfig("token");
    options.sources = "podMetrics: Kubelet, kubelet: {" + kubelet + ", rateWindow: 1s}";
    return options;
  }
  HpaplusProcess::Options Directly(const Kubelet& kubelet) {
    const std::string ca = cluster().File(ns() + ".kubelet-ca.crt");
    std::ofstream(ca) << kubelet.ca_pem();
    return Options("port: " + std::to_string(kubelet.port()) + ", caFile: " + ca);
  }

  void ApplyCpuObject() {
    ApplyObject({{"metrics", Json::parse(R"([{"type": "Resource", "resource": {"name": "cpu",
      "target": {"type": "Utilization", "averageUtilization": 50}}}])")}});
  }
};

TEST_F(KubeKubelet, ScalesByTheCpuThatKubeletsShow) {
  Kubelet kubelet("127.0.0.1");
  ApplyPods(kubelet, "127.0.0.1", {.cores = 0.3});
  ApplyCpuObject();
  StartEngine(Directly(kubelet));
  EXPECT_TRUE(Reaches(6)) << "2 pods at 150 % instead of 50 %; " << StatusOf().dump(2);
  const std::string token = ReadFile(cluster().File("admin.token"));
  EXPECT_EQ(kubelet.authorization(), "Bearer " + token.substr(0, token.find('\n')));
}

TEST_F(KubeKubelet, ANodeThatGivesNothingMakesItsPodsMissingAndNothingShrinks) {
  Kubelet kubelet("127.0.0.1");
  ApplyPods(kubelet, "127.0.0.1", {.cores = 0.1});
  ApplyCpuObject();
  StartEngine(Directly(kubelet));
  ASSERT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; })) << StatusOf().dump(2);
  kubelet.Run(ns(), "web-1", {});
  kubelet.Run(ns(), "web-2", {});
  kubelet.Refuse(503);
  const int asked = kubelet.asked();
  EXPECT_TRUE(Throughout(seconds(4), [&] { return Replicas() == 2; })) << Replicas();
  EXPECT_THAT(Condition("MetricsFresh"), HasSubstr("False"));
  EXPECT_THAT(StatusOf().dump(), HasSubstr("503"));
  EXPECT_GE(kubelet.asked(), asked + 2) << "it is asked on";
  kubelet.Refuse(200);
  EXPECT_TRUE(Reaches(1)) << StatusOf().dump(2);
}

TEST_F(KubeKubelet, ACertificateOfSomebodyElseIsNoKubelets) {
  Kubelet kubelet("127.0.0.1");
  ApplyPods(kubelet, "127.0.0.1", {.cores = 0.3});
  ApplyCpuObject();
  // Without caFile: those who sign for the API server.
  StartEngine(Options("port: " + std::to_string(kubelet.port())));
  EXPECT_TRUE(Eventually([&] { return Condition("MetricsFresh").starts_with("False"); }))
      << StatusOf().dump(2);
  EXPECT_TRUE(Throughout(seconds(2), [&] { return Replicas() == 2; }));
  EXPECT_EQ(kubelet.authorization(), "") << "and it is not shown our token";
}

TEST_F(KubeKubelet, ThroughTheApiServerTrafficIsATarget) {
  const std::string address = OwnAddress();
  if (address.empty()) GTEST_SKIP() << "SKIPPED: this host has loopback only";
  Kubelet kubelet(address);
  ApplyNode(address, kubelet.port());
  ApplyPods(kubelet, "192.0.2.99", {.received_per_second = 4000});
  ApplyObject({{"metrics", Json::parse(R"([{"type": "Pods", "pods": {
    "metric": {"name": "network_receive_bytes_per_second"},
    "target": {"type": "AverageValue", "averageValue": "2k"}}}])")}});
  StartEngine(Options("via: APIServer"));
  EXPECT_TRUE(Reaches(4)) << StatusOf().dump(2);
}

}  // namespace
}  // namespace hpaplus::test
