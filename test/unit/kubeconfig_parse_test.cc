#include "engine/kube/kubeconfig_parse.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/base64.h"

namespace hpaplus::kube {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

Kubeconfig Parse(const std::string& json) {
  Result<Kubeconfig> config = ParseKubeconfig(json, "/dir");
  EXPECT_TRUE(config) << config.error().message;
  return config ? *std::move(config) : Kubeconfig{};
}

// A config of one context with this cluster and this user.
std::string One(const std::string& cluster, const std::string& user) {
  return R"({"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k","user":"u"}}],
      "clusters":[{"name":"k","cluster":)" +
         cluster + R"(}],"users":[{"name":"u","user":)" + user + "}]}";
}

TEST(Kubeconfig, ReadsEverythingThatCounts) {
  const Kubeconfig config = Parse(
      R"({"apiVersion":"v1","kind":"Config","preferences":{},"current-context":"a",
      "contexts":[{"name":"a","context":{"cluster":"k","user":"u","namespace":"n"}}],
      "clusters":[{"name":"k","cluster":{"server":"https://h:1/path//","tls-server-name":"t",
        "certificate-authority-data":"Y2E=","certificate-authority":"ignored",
        "extensions":[{"name":"other","extension":1},
          {"name":"client.authentication.k8s.io/exec","extension":{"audience":"x"}}]}}],
      "users":[{"name":"u","user":{"client-certificate":"c.pem","client-key":"/abs/k.pem",
        "token":"t","tokenFile":"sub/token","username":"n","password":"p",
        "exec":{"apiVersion":"client.authentication.k8s.io/v1","command":"bin/login",
          "args":["-a","b"],"env":[{"name":"X","value":"y"}],"provideClusterInfo":true,
          "installHint":"get it","interactiveMode":"Never"}}}]})");
  const auto context = SelectContext(config, "");
  ASSERT_TRUE(context) << context.error().message;
  EXPECT_EQ(context->ns, "n");
  EXPECT_EQ(context->cluster.server, "https://h:1/path");
  EXPECT_EQ(context->cluster.tls_server_name, "t");
  EXPECT_EQ(context->cluster.ca.pem, "ca");
  EXPECT_EQ(context->cluster.ca.file, "");
  EXPECT_EQ(context->cluster.exec_config, R"({"audience":"x"})");
  EXPECT_EQ(context->user.client_cert.file, "/dir/c.pem");
  EXPECT_EQ(context->user.client_key.file, "/abs/k.pem");
  EXPECT_EQ(context->user.token_file, "/dir/sub/token");
  ASSERT_TRUE(context->user.exec);
  EXPECT_EQ(context->user.exec->command, "/dir/bin/login");
  EXPECT_THAT(context->user.exec->arguments, ElementsAre("-a", "b"));
  EXPECT_THAT(context->user.exec->environment, ElementsAre(Pair("X", "y")));
}

TEST(Kubeconfig, TakesBase64ThatIsWrapped) {
  const Kubeconfig config =
      Parse(One(R"({"server":"https://h","certificate-authority-data":"Y2\nE=\n"})", "{}"));
  EXPECT_EQ(config.clusters[0].ca.pem, "ca");
}

TEST(Kubeconfig, OfTwoFilesTheFirstThatSaysSomethingCounts) {
  Kubeconfig merged;
  MergeKubeconfig(Parse(R"({"clusters":[{"name":"k","cluster":{"server":"https://first"}}]})"),
                  &merged);
  MergeKubeconfig(Parse(R"({"current-context":"a",
      "clusters":[{"name":"k","cluster":{"server":"https://second"}},
                  {"name":"l","cluster":{"server":"https://third"}}],
      "contexts":[{"name":"a","context":{"cluster":"k"}},{"name":"b","context":{"cluster":"l"}}]})"),
                  &merged);
  MergeKubeconfig(Parse(R"({"current-context":"b"})"), &merged);
  EXPECT_EQ(SelectContext(merged, "")->cluster.server, "https://first");
  EXPECT_EQ(SelectContext(merged, "b")->cluster.server, "https://third");
  EXPECT_EQ(SelectContext(merged, "")->ns, "default");
}

TEST(Kubeconfig, SaysWhichFieldIsWrongButNotItsValue) {
  const std::pair<const char*, const char*> bad[] = {
      {"", "neither YAML nor JSON"},
      {"[]", "the document is not an object"},
      {R"({"kind":"Pod"})", "kind is not Config"},
      {R"({"users":{"canary":1}})", "users is not a list"},
      {R"({"users":[7]})", "users[0] is not an object"},
      {R"({"users":[{"name":7}]})", "users[0].name is not a string"},
      {R"({"users":[{},{"user":{"token":{"canary":1}}}]})", "users[1].user.token is not a string"},
      {R"({"users":[{"user":{"client-key-data":"canary!"}}]})",
       "users[0].user.client-key-data is not base64"},
      {R"({"users":[{"user":{"exec":{"args":["a",{"canary":1}]}}}]})",
       "users[0].user.exec.args is not a list of strings"},
      {R"({"users":[{"user":{"exec":{"env":[{"name":"a","value":1}]}}}]})",
       "users[0].user.exec.env[0].value is not a string"},
      {R"({"clusters":[{"cluster":{"insecure-skip-tls-verify":"yes"}}]})",
       "clusters[0].cluster.insecure-skip-tls-verify is neither true nor false"}};
  for (const auto& [json, message] : bad) {
    const auto config = ParseKubeconfig(json, "/dir");
    ASSERT_FALSE(config) << json;
    EXPECT_THAT(config.error().message, HasSubstr(message)) << json;
    EXPECT_THAT(config.error().message, Not(HasSubstr("canary"))) << json;
  }
}

TEST(Kubeconfig, RefusesWhatItMustNotIgnore) {
  const std::string exec = R"({"exec":{"apiVersion":"client.authentication.k8s.io/v1",)";
  const std::string server = R"({"server":"https://h"})";
  const std::tuple<std::string, std::string, const char*> bad[] = {
      {R"({})", "{}", "has no server"},
      {R"({"server":"h:6443"})", "{}", "not an http or https URL"},
      {R"({"server":"https://h","insecure-skip-tls-verify":true})", "{}",
       "insecure-skip-tls-verify is refused"},
      {R"({"server":"https://h","proxy-url":"http://p"})", "{}", "proxy-url is not supported"},
      {R"({"server":"http://h"})", R"({"token":"canary"})", "not sent over plain http"},
      {R"({"server":"http://localhost.evil"})", R"({"token":"canary"})",
       "not sent over plain http"},
      {server, R"({"auth-provider":{"name":"gcp"}})", "auth-provider is gone"},
      {server, R"({"as":"admin"})", "as is not supported"},
      {server, R"({"client-certificate":"c"})", "need each other"},
      {server, R"({"client-key-data":"Y2FuYXJ5"})", "need each other"},
      {server, R"({"exec":{"apiVersion":"client.authentication.k8s.io/v1alpha1","command":"x"}})",
       "exec.apiVersion must be"},
      {server, exec + R"("args":[]}})", "exec.command is empty"},
      {server, exec + R"("command":"x","interactiveMode":"Always"}})", "needs a terminal"}};
  for (const auto& [cluster, user, message] : bad) {
    const auto context = SelectContext(Parse(One(cluster, user)), "");
    ASSERT_FALSE(context) << message;
    EXPECT_EQ(context.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(context.error().message, HasSubstr(message));
    EXPECT_THAT(context.error().message, Not(HasSubstr("canary")));
  }
}

TEST(Kubeconfig, SendsCredentialsOverPlainHttpToThisMachineOnly) {
  for (const char* url : {"http://127.0.0.1:8080", "http://localhost", "http://[::1]:1/path"}) {
    const auto context = SelectContext(
        Parse(One(R"({"server":")" + std::string(url) + "\"}", R"({"token":"t"})")), "");
    EXPECT_TRUE(context) << url;
  }
}

TEST(Kubeconfig, SaysWhatIsMissing) {
  const Kubeconfig config = Parse(
      R"({"contexts":[{"name":"a","context":{"cluster":"none"}},
                      {"name":"b","context":{"cluster":"k","user":"none"}}],
          "clusters":[{"name":"k","cluster":{"server":"https://h"}}]})");
  EXPECT_THAT(SelectContext(config, "").error().message, HasSubstr("no current-context"));
  EXPECT_THAT(SelectContext(config, "x").error().message, HasSubstr("no context \"x\""));
  EXPECT_THAT(SelectContext(config, "a").error().message, HasSubstr("no cluster \"none\""));
  EXPECT_THAT(SelectContext(config, "b").error().message, HasSubstr("no user \"none\""));
}

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

TEST(ExecCredential, GivesATokenOrACertificate) {
  const auto token = ParseExecCredential(
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
          "status":{"token":"t","expirationTimestamp":"2026-01-01T00:00:00Z"}})",
      kV1);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->token, "t");
  EXPECT_EQ(token->expires, *ParseRfc3339("2026-01-01T00:00:00Z"));
  const auto certificate = ParseExecCredential(
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",
          "status":{"clientCertificateData":"c","clientKeyData":"k"}})",
      kV1);
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate->client_cert_pem, "c");
  EXPECT_EQ(certificate->expires, std::nullopt);
}

TEST(ExecCredential, RefusesAnythingElseWithoutShowingIt) {
  const std::string begin =
      R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":)";
  for (const std::string& json :
       {std::string("canary"), std::string("{}"), begin + "{}}", begin + "null}",
        begin + R"({"token":7}})", begin + R"({"clientCertificateData":"canary"}})",
        begin + R"({"clientKeyData":"canary"}})",
        begin + R"({"token":"canary","expirationTimestamp":"soon"}})",
        std::string(R"({"apiVersion":"client.authentication.k8s.io/v1beta1",
                        "kind":"ExecCredential","status":{"token":"canary"}})"),
        std::string(R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"Pod",
                        "status":{"token":"canary"}})")}) {
    const auto credential = ParseExecCredential(json, kV1);
    ASSERT_FALSE(credential) << json;
    EXPECT_EQ(credential.error().code, ErrorCode::kMalformedData);
    EXPECT_THAT(credential.error().message, Not(HasSubstr("canary")));
  }
}

TEST(ExecInfo, TellsThePluginAboutTheClusterWhenItWantsToKnow) {
  ExecSpec exec;
  exec.api_version = kV1;
  KubeconfigCluster cluster;
  cluster.server = "https://h";
  cluster.tls_server_name = "t";
  cluster.exec_config = R"({"audience":"x"})";
  EXPECT_EQ(MakeExecInfo(exec, cluster, "ca"),
            R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
            R"("spec":{"interactive":false}})");
  exec.provide_cluster_info = true;
  EXPECT_EQ(MakeExecInfo(exec, cluster, "ca"),
            R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1",)"
            R"("spec":{"interactive":false,"cluster":{"server":"https://h","tls-server-name":"t",)"
            R"("certificate-authority-data":"Y2E=","config":{"audience":"x"}}}})");
}

}  // namespace
}  // namespace hpaplus::kube
