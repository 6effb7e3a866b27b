#include "engine/kube/open_access.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/manual_clock.h"
#include "test/support/temp_dir.h"

namespace hpaplus::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Config(const std::string& server, const std::string& context = "c") {
  return "apiVersion: v1\nkind: Config\ncurrent-context: " + context +
         "\ncontexts:\n- name: " + context + "\n  context: {cluster: " + context +
         ", user: u, namespace: shop}\nclusters:\n- name: " + context +
         "\n  cluster:\n    server: " + server +
         "\nusers:\n- name: u\n  user:\n    tokenFile: token\n";
}

class OpenAccessTest : public testing::Test {
 protected:
  OpenAccessTest() { options_.home = dir_.path() + "/nobody"; }
  std::string Server() {
    const auto access = OpenAccess(options_, clock_);
    return access ? (*access)->server() : "error: " + access.error().message;
  }

  test::TempDir dir_;
  test::ManualClock clock_{*ParseRfc3339("2026-01-01T00:00:00Z")};
  AccessOptions options_;
};

TEST_F(OpenAccessTest, ANamedKubeconfigGoesFirst) {
  options_.kubeconfig = dir_.Write("named", Config("https://named"));
  options_.kubeconfig_variable = dir_.Write("variable", Config("https://variable"));
  options_.service_host = "10.0.0.1";
  options_.service_port = "443";
  options_.home = dir_.path();
  dir_.Write(".kube/config", Config("https://home"));
  EXPECT_EQ(Server(), "https://named");
  options_.kubeconfig.clear();
  EXPECT_EQ(Server(), "https://variable");
  options_.kubeconfig_variable.clear();
  EXPECT_EQ(Server(), "https://10.0.0.1:443");
  options_.service_host.clear();
  EXPECT_EQ(Server(), "https://home");
}

TEST_F(OpenAccessTest, SaysWhatItHasLookedFor) {
  EXPECT_THAT(Server(), HasSubstr("no cluster is configured"));
  options_.kubeconfig = dir_.path() + "/none";
  EXPECT_THAT(Server(), HasSubstr("kubeconfig: cannot read " + options_.kubeconfig));
}

TEST_F(OpenAccessTest, MergesTheFilesOfTheVariableAndFollowsTheContext) {
  options_.kubeconfig_variable = dir_.path() +
                                 "/none::" + dir_.Write("a", Config("https://a", "a")) + ":" +
                                 dir_.Write("b", Config("https://b", "b"));
  EXPECT_EQ(Server(), "https://a");
  options_.context = "b";
  EXPECT_EQ(Server(), "https://b");
  options_.context = "x";
  EXPECT_THAT(Server(), HasSubstr("no context \"x\""));
}

TEST_F(OpenAccessTest, TakesRelativeFilesFromTheKubeconfigsDirectory) {
  dir_.Write("sub/token", "secret");
  options_.kubeconfig = dir_.Write("sub/config", Config("https://h"));
  const auto access = OpenAccess(options_, clock_);
  ASSERT_TRUE(access) << access.error().message;
  EXPECT_EQ((*access)->default_namespace(), "shop");
  EXPECT_EQ((*(*access)->Auth())->bearer_token, "secret");
}

TEST_F(OpenAccessTest, ReadsJsonAndEmptyFilesToo) {
  options_.kubeconfig_variable =
      dir_.Write("empty", "") + ":" +
      dir_.Write("json",
                 R"({"current-context":"c","contexts":[{"name":"c","context":{"cluster":"k"}}],
                     "clusters":[{"name":"k","cluster":{"server":"https://json"}}]})");
  EXPECT_EQ(Server(), "https://json");
}

TEST_F(OpenAccessTest, ABrokenKubeconfigNamesTheFileAndNoSecret) {
  options_.kubeconfig = dir_.Write("broken", "users:\n- user:\n    token: [canary\n");
  EXPECT_THAT(Server(), HasSubstr("kubeconfig " + options_.kubeconfig));
  EXPECT_THAT(Server(), Not(HasSubstr("canary")));
  dir_.Write("broken", "users:\n- user:\n    token: {a: canary}\n");
  EXPECT_THAT(Server(), HasSubstr("users[0].user.token is not a string"));
  EXPECT_THAT(Server(), Not(HasSubstr("canary")));
}

TEST_F(OpenAccessTest, APodUsesItsServiceAccount) {
  options_.service_host = "fd00::1";
  options_.service_port = "443";
  options_.service_account = dir_.path();
  dir_.Write("token", "t\n");
  dir_.Write("ca.crt", "CA");
  EXPECT_EQ(Server(), "https://[fd00::1]:443");
  auto access = OpenAccess(options_, clock_);
  EXPECT_EQ((*access)->default_namespace(), "default");
  EXPECT_EQ((*(*access)->Auth())->bearer_token, "t");
  EXPECT_EQ((*(*access)->Auth())->ca_pem, "CA");
  dir_.Write("namespace", "system\n");
  EXPECT_EQ((*OpenAccess(options_, clock_))->default_namespace(), "system");
}

TEST_F(OpenAccessTest, AP10APodWithoutATokenIsToldSo) {
  options_.service_host = "10.0.0.1";
  options_.service_port = "443";
  options_.service_account = dir_.path();
  dir_.Write("ca.crt", "CA");
  EXPECT_THAT((*OpenAccess(options_, clock_))->Auth().error().message, HasSubstr("/token"));
}

}  // namespace
}  // namespace hpaplus::kube
