// How the runner judges sources, and what it shows of their errors.

#include "engine/loop/secret_text.h"
#include "test/support/collector_runner_fixture.h"

namespace hpaplus::test {
namespace {

using std::chrono::seconds;

TEST_F(CollectorRunnerTest, KnowsHowASourceHasAnswered) {
  CollectorRunner::Config config;
  std::vector<SourceName> changes;
  config.health_changed = [&](const SourceName& name) {
    stage_.Change([&] { changes.push_back(name); });
  };
  Make(config);
  const auto change = [&](std::size_t count) {
    return stage_.Wait([&] { return changes.size() == count; });
  };
  EXPECT_EQ(runner_->HealthOf("prom"), SourceHealth()) << "there is none";
  Set("prom", prom_);
  EXPECT_EQ(runner_->HealthOf("prom"), SourceHealth()) << "not asked yet";
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
  ASSERT_TRUE(change(1));
  const Timestamp success = stage_.Now();
  EXPECT_EQ(runner_->HealthOf("prom").last_success, success);

  stage_.Change([&] { prom_.answer = Error{ErrorCode::kUnavailable, "connection refused"}; });
  stage_.Advance(seconds(1));
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(ResultOf(Ask("prom", "load")));
  ASSERT_TRUE(change(2)) << "the first two are no news";
  SourceHealth health = runner_->HealthOf("prom");
  EXPECT_EQ(health.failures, 3U);
  EXPECT_TRUE(health.failing);
  EXPECT_TRUE(health.left_alone);
  EXPECT_EQ(health.problem, "connection refused");
  EXPECT_EQ(health.last_success, success);

  // It answers again, but with nothing that can be used.
  stage_.Change([&] { prom_.answer = Error{ErrorCode::kPermissionDenied, "who are you?"}; });
  stage_.Advance(seconds(2));
  EXPECT_FALSE(ResultOf(Ask("prom", "load")));
  ASSERT_TRUE(change(3));
  health = runner_->HealthOf("prom");
  EXPECT_TRUE(health.failing);
  EXPECT_FALSE(health.left_alone);
  EXPECT_EQ(health.problem, "who are you?");

  stage_.Change([&] { prom_.answer = 1.0; });
  EXPECT_TRUE(ResultOf(Ask("prom", "load")));
  ASSERT_TRUE(change(4));
  EXPECT_EQ(runner_->HealthOf("prom").failures, 0U);
  EXPECT_EQ(runner_->HealthOf("prom").problem, "");
}

TEST_F(CollectorRunnerTest, S12_ASecretThatASourceRepeatsIsNotShown) {
  Make();
  RunnableSource source = Plugged(prom_);
  source.secrets = SecretValuesOf({.bearer_token = "hunter2"});
  EXPECT_TRUE(runner_->SetSource("prom", std::move(source)));
  prom_.answer = Error{ErrorCode::kUnavailable, "no user hunter2, hunter2!"};
  EXPECT_EQ(ResultOf(Ask("prom", "load")).error().message, "no user ***, ***!");
  EXPECT_EQ(runner_->HealthOf("prom").problem, "no user ***, ***!");
}

TEST(SecretText, HidesValuesAsTheyAreAndAsTheyTravel) {
  const HttpAuth auth{.basic_username = "ann",
                      .basic_password = "long password",
                      .header = {"X-Key", "abc"},
                      .query = {"key", "a b&c"}};
  const std::vector<std::string> secrets = SecretValuesOf(auth);
  EXPECT_EQ(HideSecrets("ann:long password", secrets), "ann:***");
  EXPECT_EQ(HideSecrets("Basic YW5uOmxvbmcgcGFzc3dvcmQ=", secrets), "Basic ***");
  EXPECT_EQ(HideSecrets("?key=a%20b%26c or a b&c", secrets), "?key=*** or ***");
  EXPECT_EQ(HideSecrets("abc", secrets), "abc") << "too short to be told from other text";
  EXPECT_EQ(HideSecrets("nothing", {}), "nothing");
}

}  // namespace
}  // namespace hpaplus::test
