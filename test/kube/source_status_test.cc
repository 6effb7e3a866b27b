// What `kubectl get metricsource` says: the status of sources, kept by `hpaplus run`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/kube/kube_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class KubeSourceStatus : public KubeTest {
 protected:
  [[nodiscard]] std::string SourcePath(const std::string& name = "monitor") const {
    return "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/" + ns() + "/metricsources/" + name;
  }
  // "True Answering"; empty while there is none.
  std::string Ready(const std::string& name = "monitor") {
    const Json source = Read(SourcePath(name));
    const Json conditions = source.value("/status/conditions"_json_pointer, Json::array());
    for (const Json& condition : conditions) {
      if (condition["type"] == "Ready") {
        return condition["status"].get<std::string>() + " " +
               condition["reason"].get<std::string>();
      }
    }
    return "";
  }
  Json StatusOfSource(const std::string& name = "monitor") {
    return Read(SourcePath(name)).value("status", Json::object());
  }
  std::string Message(const std::string& name = "monitor") {
    return StatusOfSource(name).value("/conditions/0/message"_json_pointer, "");
  }
  std::string Shown(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"get", "metricsource", "-n", ns()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto shown = cluster().Kubectl(arguments);
    EXPECT_TRUE(shown) << shown.error().message;
    return shown ? *shown : "";
  }
};

TEST_F(KubeSourceStatus, FollowsASourceThatGoesAndComesBack) {
  StartAt(40);
  ASSERT_TRUE(Eventually([&] { return Ready() == "True Answering"; })) << StatusOfSource().dump(2);
  EXPECT_EQ(StatusOfSource()["breaker"], "Closed");
  EXPECT_EQ(StatusOfSource()["consecutiveFailures"], 0);
  EXPECT_EQ(StatusOfSource()["observedGeneration"], 1);
  EXPECT_THAT(Shown(), ContainsRegex("monitor +HTTP +True +Answering +[0-9]+s"));

  monitor().Refuse(503);
  ASSERT_TRUE(Eventually([&] { return Ready() == "False NotAnswering"; }))
      << StatusOfSource().dump(2);
  EXPECT_EQ(Message(), "business monitor: HTTP status 503");
  EXPECT_EQ(StatusOfSource()["breaker"], "Open");
  EXPECT_GE(StatusOfSource()["consecutiveFailures"], 3);
  EXPECT_TRUE(StatusOfSource().contains("lastSuccessTime"));
  EXPECT_THAT(Shown({"-o", "wide"}), ContainsRegex("monitor +HTTP +False +NotAnswering .* Open"));

  monitor().SetDepth(40);
  EXPECT_TRUE(Eventually([&] { return Ready() == "True Answering"; })) << StatusOfSource().dump(2);
  EXPECT_EQ(StatusOfSource()["breaker"], "Closed");
}

TEST_F(KubeSourceStatus, SaysWhatIsWrongAndShowsNoSecret) {
  Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
         {"kind", "MetricSource"},
         {"metadata", {{"name", "keyless"}, {"namespace", ns()}}},
         {"spec",
          {{"type", "HTTP"},
           {"endpoint", "https://127.0.0.1:9"},
           {"auth", {{"bearer", {{"name", "no-such"}, {"key", "token"}}}}}}}});
  Apply({{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
         {"kind", "MetricSource"},
         {"metadata", {{"name", "files"}, {"namespace", ns()}}},
         {"spec", {{"type", "File"}, {"file", {{"path", "a"}}}}}});
  ApplySource();
  StartEngine();
  EXPECT_TRUE(Eventually([&] { return Ready("keyless") == "False SecretNotUsable"; }));
  EXPECT_THAT(Message("keyless"), HasSubstr("secret no-such in namespace " + ns()));
  EXPECT_TRUE(Eventually([&] { return Ready("files") == "False NotUsable"; }));
  EXPECT_THAT(Message("files"), HasSubstr("sources.filesDirectory"));
  EXPECT_TRUE(Eventually([&] { return Ready() == "Unknown NotAsked"; }));

  // The secret comes; nothing listens there, and its value is nowhere.
  Apply({{"apiVersion", "v1"},
         {"kind", "Secret"},
         {"metadata", {{"name", "no-such"}, {"namespace", ns()}}},
         {"stringData", {{"token", "hunter2-canary"}}}});
  EXPECT_TRUE(Eventually([&] { return Ready("keyless") == "Unknown NotAsked"; }));
  EXPECT_THAT(Shown({"-o", "yaml"}), Not(HasSubstr("hunter2-canary")));
}

TEST_F(KubeSourceStatus, AP19_AtRestNothingIsWrittenAndARestartWritesNothing) {
  StartAt(40);
  ASSERT_TRUE(Eventually([&] { return Ready() == "True Answering"; }));
  const auto version = [&] {
    return Read(SourcePath()).value("/metadata/resourceVersion"_json_pointer, "");
  };
  const std::string before = version();
  EXPECT_TRUE(Throughout(seconds(6), [&] { return version() == before; }));
  StopEngine();
  StartEngine();
  ASSERT_TRUE(Eventually([&] { return Condition("Ready") == "True Ready"; })) << Condition("Ready");
  EXPECT_TRUE(Throughout(seconds(6), [&] { return version() == before; }))
      << StatusOfSource().dump(2);
}

TEST_F(KubeSourceStatus, ADryRunWritesNone) {
  ApplyDeployment(1);
  ApplySource();
  monitor().SetDepth(40);
  ApplyObject();
  StartEngine({.flags = {"--dry-run"}});
  EXPECT_TRUE(Throughout(seconds(6), [&] { return Ready().empty(); })) << Ready();
}

}  // namespace
}  // namespace hpaplus::test
