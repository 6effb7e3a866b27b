// What is around the engine fails: credentials, rights, metrics. The API server: outage_test.cc.

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

class KubeFaults : public KubeTest {
 protected:
  void ApplyServiceAccount() {
    const Result<std::string> made =
        cluster().Kubectl({"create", "serviceaccount", "engine", "-n", ns()});
    ASSERT_TRUE(made) << made.error().message;
  }

  std::string NewToken() {
    const Result<std::string> token =
        cluster().Kubectl({"create", "token", "engine", "-n", ns(), "--duration=10m"});
    if (!token) return "";
    return token->substr(0, token->find('\n'));
  }

  /// Gives the service account "engine" these rights in all namespaces.
  void Grant(const std::string& rules) {
    const std::string name = "engine-" + ns();
    Apply({{"apiVersion", "rbac.authorization.k8s.io/v1"},
           {"kind", "ClusterRole"},
           {"metadata", {{"name", name}}},
           {"rules", Json::parse(rules)}});
    Json binding = Json::parse(R"({"apiVersion": "rbac.authorization.k8s.io/v1",
      "kind": "ClusterRoleBinding",
      "subjects": [{"kind": "ServiceAccount", "name": "engine"}],
      "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}})");
    binding["metadata"]["name"] = name;
    binding["subjects"][0]["namespace"] = ns();
    binding["roleRef"]["name"] = name;
    Apply(binding);
  }

  /// A kubeconfig with a token file; gives its name.
  std::string TokenKubeconfig(const std::string& token) {
    std::string name = cluster().File(ns() + ".kubeconfig");
    WriteToken(token);
    std::ofstream(name) << "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
                           "contexts:\n- name: test\n  context: {cluster: test, user: engine}\n"
                           "clusters:\n- name: test\n  cluster:\n    server: "
                        << cluster().url() << "\n    certificate-authority: ca.crt\n"
                        << "users:\n- name: engine\n  user: {tokenFile: " << ns() << ".token}\n";
    return name;
  }

  void WriteToken(const std::string& token) {
    std::ofstream(cluster().File(ns() + ".token")) << token << "\n";
  }

  bool IsAccepted(const std::string& token) {
    HttpAuth auth;
    auth.ca_pem = ReadFile(cluster().File("ca.crt"));
    auth.bearer_token = token;
    KubeRest rest(cluster().url(), auth);
    const Result<std::string> answer = rest.GetText("/version");
    return answer.has_value();
  }
};

// All that the engine asks for, with or without sizes of deployments.
constexpr const char* kRulesWithoutScale = R"([
  {"apiGroups": ["autoscaling.hpaplus.io"], "resources": ["*"],
   "verbs": ["get", "list", "watch"]},
  {"apiGroups": ["autoscaling.hpaplus.io"], "resources": ["hpapluses/status"],
   "verbs": ["get", "patch", "update"]},
  {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"],
   "verbs": ["get", "list", "watch"]},
  {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]},
  {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
  {"apiGroups": ["apps"], "resources": ["deployments", "statefulsets", "replicasets"],
   "verbs": ["get", "list", "watch"]},
  {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get"]},
  {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]}
])";

TEST_F(KubeFaults, ATokenThatIsReplacedInItsFileIsTakenUp) {
  ApplyServiceAccount();
  Grant(R"([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])");
  const std::string old_token = NewToken();
  ASSERT_NE(old_token, "");
  monitor().SetDepth(50);
  ApplyDeployment(1);
  ApplySource();
  ApplyObject();
  HpaplusProcess::Options options;
  options.kubeconfig = TokenKubeconfig(old_token);
  StartEngine(options);
  ASSERT_TRUE(Reaches(5)) << engine().Log();

  // A service account made anew has another uid, so tokens of the former one are worth nothing.
  ASSERT_TRUE(cluster().Kubectl({"delete", "serviceaccount", "engine", "-n", ns()}));
  ApplyServiceAccount();
  WriteToken(NewToken());
  ASSERT_TRUE(Eventually([&] { return !IsAccepted(old_token); })) << "the old token still works";
  monitor().SetDepth(90);
  EXPECT_TRUE(Reaches(9)) << engine().Log();
}

TEST_F(KubeFaults, AMissingRuleIsNamedInTheCondition) {
  ApplyServiceAccount();
  Grant(kRulesWithoutScale);
  monitor().SetDepth(50);
  ApplyDeployment(2);
  ApplySource();
  ApplyObject();
  HpaplusProcess::Options options;
  options.kubeconfig = TokenKubeconfig(NewToken());
  StartEngine(options);
  EXPECT_TRUE(Eventually([&] { return Condition("AbleToScale") == "False FailedUpdateScale"; }))
      << StatusOf().dump(2) << engine().Log();
  EXPECT_THAT(ConditionMessage("AbleToScale"),
              AllOf(HasSubstr("update"), HasSubstr("deployments"), HasSubstr("scale")));
  EXPECT_TRUE(Eventually([&] { return Condition("Ready") == "False FailedUpdateScale"; }))
      << StatusOf().dump(2);
  EXPECT_TRUE(Throughout(seconds(2), [&] { return Condition("Ready").starts_with("False"); }))
      << StatusOf().dump(2);
  EXPECT_EQ(Replicas(), 2);

  Json rules = Json::parse(kRulesWithoutScale);
  rules.push_back(Json::parse(
      R"({"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get", "update"]})"));
  Grant(rules.dump());
  EXPECT_TRUE(Reaches(5)) << StatusOf().dump(2);
  EXPECT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; })) << StatusOf().dump(2);
}

TEST_F(KubeFaults, WhateverTheMonitorSaysNothingShrinksByIt) {
  StartAt(80);
  const std::vector<std::pair<std::string, std::function<void()>>> answers = {
      {"NaN", [&] { monitor().SetDepthText("NaN"); }},
      {"a negative number", [&] { monitor().SetDepth(-1); }},
      {"null", [&] { monitor().SetDepthText("null"); }},
      {"an object", [&] { monitor().SetDepthText("{}"); }},
      {"an empty string", [&] { monitor().SetDepthText("\"\""); }},
      {"an empty body", [&] { monitor().SetBody(""); }},
      {"an empty object", [&] { monitor().SetBody("{}"); }},
      {"HTML", [&] { monitor().SetBody("<html>queue.depth: 0</html>", "text/html"); }},
      {"half a document", [&] { monitor().SetBody("{\"queue\": {\"depth\": 0"); }},
      {"204", [&] { monitor().Refuse(204); }},
      {"404", [&] { monitor().Refuse(404); }},
      {"503", [&] { monitor().Refuse(503); }},
      {"nothing at all", [&] { monitor().Hang(); }},
  };
  for (const auto& [what, answer] : answers) {
    answer();
    EXPECT_TRUE(Throughout(milliseconds(2200), [&] { return Replicas() == 8; }))
        << what << ": " << Replicas() << "\n"
        << StatusOf().dump(2);
  }
  EXPECT_THAT(Condition("MetricsFresh"), HasSubstr("False"));
  monitor().SetDepthText("1e300");
  EXPECT_TRUE(Reaches(20)) << "more load never means less; now " << Replicas();
}

TEST_F(KubeFaults, AMonitorThatHangsDelaysNoOtherObject) {
  Monitor other;
  other.SetDepth(20);
  ApplyDeployment(1, "other");
  Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
         {"kind", "MetricSource"},
         {"metadata", {{"name", "other"}, {"namespace", ns()}}},
         {"spec", {{"type", "HTTP"}, {"endpoint", other.url()}}}});
  Json spec = HpaPlusObject({{"scaleTargetRef", {{"name", "other"}}}}, "other").at("spec");
  spec["metrics"][0]["source"]["ref"]["name"] = "other";
  ApplyObject(spec, "other");
  StartAt(50);
  ASSERT_TRUE(Eventually([&] { return Replicas("other") == 2; }));
  monitor().Hang();
  Pass(seconds(2));
  // One that waits for the other's time-out is late each time, a crowded machine is not.
  bool is_prompt = false;
  for (int size = 5; size < 10 && !is_prompt; ++size) {
    other.SetDepth(10 * size);
    is_prompt = Eventually([&] { return Replicas("other") == size; }, milliseconds(2500));
  }
  EXPECT_TRUE(is_prompt) << Replicas("other");
  EXPECT_EQ(Replicas(), 5);
}

}  // namespace
}  // namespace hpaplus::test
