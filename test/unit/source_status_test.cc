#include "engine/kube/source_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/kube/source_status_writer.h"
#include "test/support/fake_kube_sender.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using test::kMorning;
using testing::HasSubstr;

constexpr const char* kProm = "MetricSource/shop/prom";

SourceObject Prom(std::int64_t generation = 1) {
  SourceObject object;
  object.name = kProm;
  object.ns = "shop";
  object.object = "prom";
  object.uid = "uid-1";
  object.generation = generation;
  object.in_force = true;
  return object;
}

SourceHealth Healthy(Timestamp at) {
  SourceHealth health;
  health.asked = true;
  health.last_success = at;
  return health;
}

SourceHealth Failing(std::uint64_t failures, bool left_alone = true) {
  SourceHealth health;
  health.asked = true;
  health.failures = failures;
  health.failing = failures >= 3;
  health.left_alone = left_alone && health.failing;
  health.problem = "connection refused";
  return health;
}

std::string ReadyOf(const SourceStatus& status) {
  return std::string(ConditionStatusName(status.ready.status)) + " " + status.ready.reason + ": " +
         status.ready.message;
}

SourceStatus Make(const SourceObject& object, const SourceHealth& health,
                  const SourceStatus& previous = {}, const std::string& not_usable = "") {
  return MakeSourceStatus(object, not_usable, health, previous, kMorning);
}

TEST(SourceStatus, SaysWhetherItAnswers) {
  EXPECT_EQ(ReadyOf(Make(Prom(), {})), "Unknown NotAsked: no object has asked it yet");
  EXPECT_EQ(ReadyOf(Make(Prom(), Healthy(kMorning))), "True Answering: it answers");
  EXPECT_EQ(ReadyOf(Make(Prom(), Failing(3))), "False NotAnswering: connection refused");
  EXPECT_EQ(ReadyOf(Make(Prom(), Failing(3, false))), "False NoUsableAnswer: connection refused");
}

TEST(SourceStatus, OneFailureIsNoNews) {
  const SourceStatus fine = Make(Prom(), Healthy(kMorning));
  EXPECT_EQ(ReadyOf(Make(Prom(), Failing(2), fine)), "True Answering: it answers");
  EXPECT_EQ(Make(Prom(), Failing(2), fine).failures, 2);
  const SourceStatus bad = Make(Prom(), Failing(9), fine);
  EXPECT_EQ(ReadyOf(Make(Prom(), Failing(1), bad)), "False NotAnswering: connection refused")
      << "neither is one after another start";
  EXPECT_EQ(ReadyOf(Make(Prom(), Failing(1))), "Unknown NotAsked: no object has asked it yet");
}

TEST(SourceStatus, NamesWhatIsWrongWithTheObjectBeforeAllElse) {
  SourceObject object = Prom();
  object.reason = "SecretNotUsable";
  object.problem = "secret token in namespace shop: not found";
  object.in_force = false;
  EXPECT_EQ(ReadyOf(Make(object, Healthy(kMorning))),
            "False SecretNotUsable: secret token in namespace shop: not found");
  object.in_force = true;
  EXPECT_THAT(ReadyOf(Make(object, Healthy(kMorning))),
              HasSubstr("not found; what there was before stays in force"));
  EXPECT_EQ(ReadyOf(Make(Prom(), {}, {}, "file: the engine has no directory")),
            "False NotUsable: file: the engine has no directory");
}

TEST(SourceStatus, KeepsWhatIsKnownAcrossARestart) {
  const SourceStatus stored = Make(Prom(), Failing(7));
  const SourceStatus again = MakeSourceStatus(Prom(), "", {}, stored, kMorning + minutes(1));
  EXPECT_EQ(again, stored);
  EXPECT_EQ(ReadyOf(Make(Prom(2), {}, stored)), "Unknown NotAsked: no object has asked it yet")
      << "another spec is another matter";
}

TEST(SourceStatus, ATransitionHasTheTimeOfTheChange) {
  const SourceStatus fine = Make(Prom(), Healthy(kMorning));
  const auto later = [&](const SourceHealth& health) {
    return MakeSourceStatus(Prom(), "", health, fine, kMorning + milliseconds(61'500));
  };
  EXPECT_EQ(later(Healthy(kMorning + seconds(61))).ready.last_transition, kMorning);
  EXPECT_EQ(later(Failing(3)).ready.last_transition, kMorning + seconds(61));
  EXPECT_EQ(later(Failing(3)).last_success, kMorning) << "the last one that there was";
}

TEST(SourceStatus, IsReadAsItWasWritten) {
  SourceStatus status = Make(Prom(3), Failing(3), Make(Prom(3), Healthy(kMorning)));
  const std::string patch = SourceStatusPatch(status, "uid-1");
  EXPECT_EQ(ParseSourceStatus(patch), status);
  const auto json = nlohmann::json::parse(patch);
  EXPECT_EQ(json["metadata"]["uid"], "uid-1");
  EXPECT_EQ(json["status"]["breaker"], "Open");
  EXPECT_EQ(json["status"]["consecutiveFailures"], 3);
  EXPECT_EQ(json["status"]["conditions"][0]["type"], "Ready");
  for (const char* odd : {"", "[]", "{}", R"({"status":7})", R"({"status":{"conditions":{}}})",
                          R"({"status":{"consecutiveFailures":-3,"lastSuccessTime":"soon"}})"})
    EXPECT_EQ(ParseSourceStatus(odd), SourceStatus()) << odd;
}

TEST(SourceStatus, CutsWhatTheSchemaWouldRefuse) {
  SourceHealth health = Failing(3);
  health.problem = std::string(5000, 'x') + "\xff";
  EXPECT_EQ(Make(Prom(), health).ready.message.size(), 1024U);
}

class SourceStatusWriterTest : public testing::Test {
 protected:
  static SourceStatusWriter::Config Limits() {
    SourceStatusWriter::Config config;
    config.writes_per_second = 1;
    config.writes_burst = 3;
    config.values_per_second = 1;
    config.values_burst = 1;
    return config;
  }
  // Lets time pass in small steps: how many writes there are.
  std::size_t Run(Duration time = Duration(0)) {
    const std::size_t before = sender_.sent().size();
    for (const Timestamp end = clock_.Now() + time;; clock_.Advance(milliseconds(500))) {
      (void)writer_.RunChores(clock_.Now());
      while (sender_.waiting() > 0) {
        sender_.Answer(answer_);
        (void)writer_.RunChores(clock_.Now());
      }
      if (clock_.Now() >= end) break;
    }
    return sender_.sent().size() - before;
  }
  void Set(const SourceHealth& health, const SourceName& name = kProm) {
    health_[name] = health;
    writer_.Touch(name);
  }
  SourceStatus Written() { return ParseSourceStatus(sender_.sent().back().body); }

  test::ManualClock clock_{kMorning};
  test::FakeKubeSender sender_;
  Result<std::string> answer_ = std::string("{}");
  std::map<SourceName, SourceHealth> health_;
  SourceStatusWriter writer_{Limits(), sender_.Function(),
                             [this](const SourceName& name) { return health_[name]; }, clock_};
};

TEST_F(SourceStatusWriterTest, WaitsForTheFirstAnswersOfANewSource) {
  writer_.SetObject(Prom());
  clock_.Advance(seconds(1));
  Set(Healthy(clock_.Now()));
  EXPECT_EQ(Run(seconds(5)), 1U);
  EXPECT_EQ(ReadyOf(Written()), "True Answering: it answers");
  const KubeRequest& sent = sender_.sent().back();
  EXPECT_EQ(sent.method, "PATCH");
  EXPECT_EQ(sent.path,
            "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/shop/metricsources/prom/"
            "status?fieldManager=hpaplus");
  EXPECT_EQ(sent.content_type, "application/merge-patch+json");
  EXPECT_EQ(sent.priority, Priority::kStatus) << "sizes come first";
}

TEST_F(SourceStatusWriterTest, SaysAtOnceWhatIsWrongWithAnObject) {
  SourceObject object = Prom();
  object.reason = "InvalidSpec";
  object.problem = "spec.endpoint is missing";
  writer_.SetObject(object);
  EXPECT_EQ(Run(), 1U);
  EXPECT_EQ(Written().ready.reason, "InvalidSpec");
  writer_.SetObject(object);
  EXPECT_EQ(Run(minutes(30)), 0U) << "the same again is no news";
}

TEST_F(SourceStatusWriterTest, TimesAndCountsAloneAreWrittenEveryFiveMinutes) {
  writer_.SetObject(Prom());
  Set(Healthy(clock_.Now()));
  EXPECT_EQ(Run(seconds(5)), 1U);
  std::size_t writes = 0;
  for (int second = 0; second < 3600; second += 10) {
    Set(Healthy(clock_.Now()));
    writes += Run(seconds(10));
  }
  EXPECT_GE(writes, 10U);
  EXPECT_LE(writes, 12U);
}

TEST_F(SourceStatusWriterTest, ASourceThatFlapsIsWrittenOncePerTenSeconds) {
  writer_.SetObject(Prom());
  Set(Healthy(clock_.Now()));
  (void)Run(seconds(5));
  std::size_t writes = 0;
  for (int second = 0; second < 600; ++second) {
    Set(second % 2 == 0 ? Failing(3) : Healthy(clock_.Now()));
    writes += Run(seconds(1));
  }
  EXPECT_LE(writes, 61U);
  EXPECT_GE(writes, 20U);
}

TEST_F(SourceStatusWriterTest, AP19_ManySourcesThatFailTogetherShareTheBudget) {
  constexpr int kSources = 500;
  for (int i = 0; i < kSources; ++i) {
    SourceObject object = Prom();
    object.name = "MetricSource/shop/s" + std::to_string(i);
    object.object = "s" + std::to_string(i);
    writer_.SetObject(object);
    Set(Failing(3), object.name);
  }
  EXPECT_LE(Run(seconds(100)), 3U + 101U);
  (void)Run(seconds(450));
  EXPECT_EQ(writer_.writes(), kSources) << "each once, and none twice";
}

TEST_F(SourceStatusWriterTest, ARestartWritesNothingWhenNothingChanged) {
  writer_.SetObject(Prom());
  Set(Healthy(clock_.Now()));
  EXPECT_EQ(Run(seconds(5)), 1U);
  SourceObject again = Prom();
  again.stored = Written();
  SourceStatusWriter restarted(
      Limits(), sender_.Function(), [](const SourceName&) { return SourceHealth(); }, clock_);
  restarted.SetObject(again);
  for (int i = 0; i < 600; ++i) {
    clock_.Advance(seconds(1));
    (void)restarted.RunChores(clock_.Now());
  }
  EXPECT_EQ(restarted.writes(), 0U);
}

TEST_F(SourceStatusWriterTest, TriesAgainLaterAndThenWritesTheNewest) {
  answer_ = Error{ErrorCode::kUnavailable, "the server is down"};
  writer_.SetObject(Prom());
  Set(Healthy(clock_.Now()));
  const std::size_t tries = Run(minutes(10));
  EXPECT_GE(tries, 5U);
  EXPECT_LE(tries, 12U) << "backs off";
  Set(Failing(3));
  answer_ = std::string("{}");
  EXPECT_GE(Run(minutes(6)), 1U);
  EXPECT_EQ(Written().ready.reason, "NotAnswering");
}

TEST_F(SourceStatusWriterTest, WhatIsRefusedIsNotSentAgainAsItIs) {
  answer_ = Error{ErrorCode::kInvalidArgument, "no"};
  SourceObject object = Prom();
  object.reason = "InvalidSpec";
  object.problem = "bad";
  writer_.SetObject(object);
  EXPECT_EQ(Run(minutes(20)), 1U);
}

TEST_F(SourceStatusWriterTest, AnObjectThatIsGoneOrAnotherOneIsLeftAlone) {
  writer_.SetObject(Prom());
  writer_.Forget(kProm);
  Set(Healthy(clock_.Now()));
  EXPECT_EQ(Run(minutes(10)), 0U);

  writer_.SetObject(Prom());
  Set(Healthy(clock_.Now()));
  clock_.Advance(seconds(3));
  (void)writer_.RunChores(clock_.Now());
  ASSERT_EQ(sender_.waiting(), 1U);
  SourceObject other = Prom();
  other.uid = "uid-2";
  writer_.SetObject(other);
  EXPECT_EQ(Run(seconds(5)), 2U) << "the late answer is not taken for one about the new object";
  EXPECT_THAT(sender_.sent().back().body, HasSubstr("uid-2"));
}

TEST_F(SourceStatusWriterTest, ClusterSourcesHaveAPathOfTheirOwnOrNone) {
  SourceObject object = Prom();
  object.ns.clear();
  object.name = "ClusterMetricSource/prom";
  object.problem = "bad";
  object.reason = "InvalidSpec";
  writer_.SetObject(object);
  EXPECT_EQ(Run(), 1U);
  EXPECT_THAT(sender_.sent().back().path,
              testing::StartsWith("/apis/autoscaling.hpaplus.io/v1alpha1/clustermetricsources/"));

  SourceStatusWriter::Config config = Limits();
  config.cluster_sources = false;
  SourceStatusWriter of_one_namespace(
      config, sender_.Function(), [](const SourceName&) { return SourceHealth(); }, clock_);
  of_one_namespace.SetObject(object);
  EXPECT_EQ(of_one_namespace.RunChores(clock_.Now() + minutes(1)), Timestamp::max());
}

}  // namespace
}  // namespace hpaplus::kube
