#include "engine/kube/credential_access.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/shell/system_clock.h"
#include "test/support/manual_clock.h"
#include "test/support/temp_dir.h"

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class CredentialAccessTest : public testing::Test {
 protected:
  CredentialAccess& Access() {
    if (!access_) access_ = std::make_unique<CredentialAccess>(config_, clock_);
    return *access_;
  }
  std::string Token() {
    const auto auth = Access().Auth();
    return auth ? (*auth)->bearer_token : "error: " + auth.error().message;
  }
  // A plug-in that gives the token in the file "answer" and counts its runs.
  void UsePlugin(const std::string& expires = "") {
    const std::string end =
        expires.empty() ? "" : R"(,\"expirationTimestamp\":\")" + expires + R"(\")";
    ExecSpec exec;
    exec.api_version = "client.authentication.k8s.io/v1";
    exec.command = dir_.Write("plugin",
                              R"(#!/bin/sh
cd ")" + dir_.path() + R"("
echo run >> runs
echo canary-stderr >&2
test -f answer || exit 3
echo "{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",
\"status\":{\"token\":\"$(cat answer)\")" +
                                  end + R"(}}"
)",
                              /*executable=*/true);
    config_.context.user.exec = exec;
  }
  std::size_t Runs() {
    const std::string runs = dir_.Read("runs");
    return static_cast<std::size_t>(std::count(runs.begin(), runs.end(), '\n'));
  }

  test::TempDir dir_;
  test::ManualClock clock_{*ParseRfc3339("2026-01-01T00:00:00Z")};
  CredentialAccess::Config config_;
  std::unique_ptr<CredentialAccess> access_;
};

TEST_F(CredentialAccessTest, GivesWhatItIsConfiguredWith) {
  KubeconfigUser& user = config_.context.user;
  config_.context.cluster.server = "https://h";
  config_.context.cluster.tls_server_name = "t";
  config_.context.ns = "n";
  config_.context.cluster.ca.file = dir_.Write("ca", "CA");
  user.client_cert.pem = "CERT";
  user.client_key.file = dir_.Write("key", "KEY");
  user.username = "u";
  user.password = "p";
  EXPECT_EQ(Access().server(), "https://h");
  EXPECT_EQ(Access().default_namespace(), "n");
  const auto auth = Access().Auth();
  ASSERT_TRUE(auth) << auth.error().message;
  EXPECT_EQ((*auth)->ca_pem, "CA");
  EXPECT_EQ((*auth)->client_cert_pem, "CERT");
  EXPECT_EQ((*auth)->client_key_pem, "KEY");
  EXPECT_EQ((*auth)->basic_username, "u");
  EXPECT_EQ((*auth)->basic_password, "p");
  EXPECT_EQ((*auth)->tls_server_name, "t");
}

TEST_F(CredentialAccessTest, AP10ATokenFileIsReadAgainEachMinute) {
  config_.context.user.token_file = dir_.Write("token", "old\n");
  const auto first = *Access().Auth();
  EXPECT_EQ(first->bearer_token, "old");
  dir_.Write("token", "new");
  clock_.Advance(seconds(59));
  EXPECT_EQ(*Access().Auth(), first);
  clock_.Advance(seconds(2));
  EXPECT_EQ(Token(), "new");
}

TEST_F(CredentialAccessTest, UnchangedCredentialsKeepTheirPointer) {
  config_.context.user.token_file = dir_.Write("token", "same");
  const auto first = *Access().Auth();
  clock_.Advance(seconds(61));
  EXPECT_EQ(*Access().Auth(), first);
  Access().Refused();
  EXPECT_EQ(*Access().Auth(), first);
}

TEST_F(CredentialAccessTest, AP10ATokenFileIsReadAgainAfterARefusal) {
  config_.context.user.token_file = dir_.Write("token", "old");
  EXPECT_EQ(Token(), "old");
  dir_.Write("token", "new");
  Access().Refused();
  EXPECT_EQ(Token(), "new");
}

TEST_F(CredentialAccessTest, AFileThatCannotBeReadNamesTheFile) {
  config_.context.user.token_file = dir_.path() + "/none";
  EXPECT_THAT(Token(), HasSubstr("cannot read " + dir_.path() + "/none: No such file"));
  dir_.Write("none", " \n");
  clock_.Advance(seconds(6));
  EXPECT_THAT(Token(), HasSubstr("is empty"));
  dir_.Write("none", "there");
  EXPECT_THAT(Token(), HasSubstr("is empty")) << "not tried with each request";
  clock_.Advance(seconds(6));
  EXPECT_EQ(Token(), "there");
}

TEST_F(CredentialAccessTest, AMissingFileLeavesTheLastCredentialsInUseUntilTheyAreRefused) {
  config_.context.user.token_file = dir_.Write("token", "old");
  EXPECT_EQ(Token(), "old");
  std::filesystem::remove(dir_.path() + "/token");
  clock_.Advance(seconds(61));
  EXPECT_EQ(Token(), "old");
  Access().Refused();
  EXPECT_THAT(Token(), HasSubstr("error"));
}

TEST_F(CredentialAccessTest, APluginRunsOnceWhileItsCredentialLasts) {
  UsePlugin();
  dir_.Write("answer", "one");
  EXPECT_EQ(Token(), "one");
  clock_.Advance(std::chrono::hours(1));
  EXPECT_EQ(Token(), "one");
  EXPECT_EQ(Runs(), 1U);
}

TEST_F(CredentialAccessTest, APluginRunsAgainWhenItsCredentialExpires) {
  UsePlugin(FormatRfc3339(clock_.Now() + seconds(40)));
  dir_.Write("answer", "one");
  EXPECT_EQ(Token(), "one");
  dir_.Write("answer", "two");
  clock_.Advance(seconds(29));
  EXPECT_EQ(Token(), "one");
  clock_.Advance(seconds(2));
  EXPECT_EQ(Token(), "two");
  EXPECT_EQ(Runs(), 2U);
}

TEST_F(CredentialAccessTest, APluginRunsAgainAfterARefusalButNotWithEach) {
  UsePlugin();
  dir_.Write("answer", "one");
  EXPECT_EQ(Token(), "one");
  dir_.Write("answer", "two");
  Access().Refused();
  EXPECT_EQ(Token(), "one") << "it has just run";
  clock_.Advance(seconds(6));
  Access().Refused();
  EXPECT_EQ(Token(), "two");
  EXPECT_EQ(Runs(), 2U);
}

TEST_F(CredentialAccessTest, AFailingPluginIsNotRunWithEachRequestAndShowsNoSecret) {
  UsePlugin();
  const std::string error = Token();
  EXPECT_THAT(error, HasSubstr("plugin: it failed with exit code 3"));
  EXPECT_THAT(error, Not(HasSubstr("canary")));
  EXPECT_EQ(Token(), error);
  EXPECT_EQ(Runs(), 1U);
  dir_.Write("answer", "canary\"}");
  clock_.Advance(seconds(6));
  EXPECT_THAT(Token(), HasSubstr("no credential"));
  EXPECT_THAT(Token(), Not(HasSubstr("canary")));
}

TEST_F(CredentialAccessTest, AMissingPluginComesWithItsHint) {
  UsePlugin();
  config_.context.user.exec->command = "hpaplus-no-such-plugin";
  config_.context.user.exec->install_hint = "install it with care";
  EXPECT_THAT(Token(), HasSubstr("there is no such program; install it with care"));
}

TEST_F(CredentialAccessTest, TellsThePluginAboutTheCluster) {
  UsePlugin();
  dir_.Write("answer", "one");
  ExecSpec& exec = *config_.context.user.exec;
  exec.provide_cluster_info = true;
  exec.environment = {{"WHO", "me"}};
  exec.arguments = {"--a b", "$HOME"};
  config_.context.cluster.server = "https://h";
  exec.command = dir_.Write("wrapper",
                            "#!/bin/sh\nd=$(dirname $0)\n"
                            "printf '%s|%s|%s|%s' \"$1\" \"$2\" \"$WHO\" "
                            "\"$KUBERNETES_EXEC_INFO\" > $d/told\nexec $d/plugin\n",
                            /*executable=*/true);
  EXPECT_EQ(Token(), "one");
  EXPECT_EQ(dir_.Read("told"), R"(--a b|$HOME|me|{"kind":"ExecCredential","apiVersion":)"
                               R"("client.authentication.k8s.io/v1","spec":{"interactive":false,)"
                               R"("cluster":{"server":"https://h"}}})");
}

}  // namespace
}  // namespace hpaplus::kube
