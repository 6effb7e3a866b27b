#include "engine/kube/scale_actuator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/support/fake_kube_sender.h"
#include "test/support/fake_workload_lookup.h"
#include "test/support/kube_workload.h"

namespace hpaplus::kube {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr WorkloadId kWeb{0};
constexpr const char* kWritten =
    R"({"metadata":{"name":"web","namespace":"shop","uid":"uid-target","resourceVersion":"101"},
        "spec":{"replicas":12},"status":{"replicas":7,"selector":"app=web"}})";

class ScaleActuatorTest : public testing::Test {
 protected:
  ScaleActuatorTest() { lookup_.workloads[kWeb] = test::NowOf(spec_); }

  ScaleCommand Command(Replicas replicas = 12) {
    return {kWeb, std::make_shared<WorkloadView>(test::ViewOf(spec_, 7)), replicas, test::kMorning};
  }

  // The only outcome there is.
  Result<Done> Outcome() {
    auto outcomes = actuator_.TakeOutcomes();
    EXPECT_EQ(outcomes.size(), 1U);
    if (outcomes.size() != 1) return Error{ErrorCode::kMalformedData, "no outcome"};
    return outcomes[0].result;
  }

  ErrorCode Failure() {
    const Result<Done> result = Outcome();
    EXPECT_FALSE(result);
    return result ? ErrorCode::kMalformedData : result.error().code;
  }

  std::shared_ptr<WorkloadSpec> spec_ = test::RpsSpec();
  test::FakeWorkloadLookup lookup_;
  test::FakeKubeSender sender_;
  int wakes_ = 0;
  ScaleActuator actuator_{sender_.Function(), lookup_, [this] { ++wakes_; }};
};

TEST_F(ScaleActuatorTest, WhatShrinksMayWait) {
  actuator_.Start(Command(3));
  EXPECT_EQ(sender_.next().priority, Priority::kScaleDown);
}

TEST_F(ScaleActuatorTest, ASizeIsPutWithTheVersionItWasDecidedOn) {
  actuator_.Start(Command());
  EXPECT_THAT(actuator_.TakeOutcomes(), IsEmpty());
  const KubeRequest request = sender_.next();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.path,
            "/apis/apps/v1/namespaces/shop/deployments/web/scale?fieldManager=hpaplus");
  EXPECT_EQ(request.priority, Priority::kScaleUp);
  sender_.Answer(std::string(kWritten));
  EXPECT_EQ(sender_.sent().at(0).body,
            R"({"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"web",)"
            R"("namespace":"shop","resourceVersion":"100"},"spec":{"replicas":12}})");
  EXPECT_EQ(wakes_, 1);
  EXPECT_TRUE(Outcome());
  ASSERT_EQ(lookup_.observed.size(), 1U);
  EXPECT_EQ(lookup_.observed[0].uid, "uid-target");
  EXPECT_EQ(lookup_.observed[0].scale.spec_replicas, 12);
  EXPECT_EQ(lookup_.observed[0].scale.resource_version, "101");
}

TEST_F(ScaleActuatorTest, AP3AConflictReadsTheScaleBeforeItsOutcome) {
  actuator_.Start(Command());
  sender_.Answer(Error{ErrorCode::kConflict, "the object has been modified"});
  EXPECT_THAT(actuator_.TakeOutcomes(), IsEmpty());
  EXPECT_EQ(sender_.next().method, "GET");
  sender_.Answer(std::string(kWritten));
  ASSERT_EQ(lookup_.observed.size(), 1U);
  EXPECT_EQ(Failure(), ErrorCode::kConflict);
}

TEST_F(ScaleActuatorTest, AP3AConflictWhoseReadFailsIsStillAConflict) {
  actuator_.Start(Command());
  sender_.Answer(Error{ErrorCode::kConflict, "modified"});
  sender_.Answer(Error{ErrorCode::kUnavailable, "down"});
  EXPECT_THAT(lookup_.observed, IsEmpty());
  EXPECT_EQ(Failure(), ErrorCode::kConflict);
}

TEST_F(ScaleActuatorTest, AP11AForbiddenWriteNamesTheRule) {
  actuator_.Start(Command());
  sender_.Answer(Error{ErrorCode::kPermissionDenied, "no"});
  const Result<Done> result = Outcome();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(result.error().message, "needs update on deployments.apps/scale: no");
}

TEST_F(ScaleActuatorTest, OtherFailuresPassThrough) {
  for (const ErrorCode code : {ErrorCode::kNotFound, ErrorCode::kInvalidArgument,
                               ErrorCode::kUnavailable, ErrorCode::kDeadlineExceeded}) {
    actuator_.Start(Command());
    sender_.Answer(Error{code, "x"});
    EXPECT_EQ(Failure(), code);
  }
}

TEST_F(ScaleActuatorTest, AnAnswerThatCannotBeReadIsNotASuccess) {
  actuator_.Start(Command());
  sender_.Answer(std::string("<html>"));
  EXPECT_EQ(Failure(), ErrorCode::kMalformedData);
}

// S1 and S8: whatever changes before the request leaves stops it.
struct Change {
  const char* name;
  void (*apply)(WorkloadNow& now);
};

class WhatStopsAWrite : public ScaleActuatorTest, public testing::WithParamInterface<Change> {};

TEST_P(WhatStopsAWrite, S8BeforeItIsStarted) {
  GetParam().apply(lookup_.workloads[kWeb]);
  actuator_.Start(Command());
  EXPECT_EQ(sender_.waiting(), 0U);
  EXPECT_EQ(Failure(), ErrorCode::kGone);
}

TEST_P(WhatStopsAWrite, S8WhileItWaitsInTheQueue) {
  actuator_.Start(Command());
  ASSERT_EQ(sender_.waiting(), 1U);
  GetParam().apply(lookup_.workloads[kWeb]);
  sender_.Answer(std::string(kWritten));
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_EQ(Failure(), ErrorCode::kGone);
}

template <class F>
void Edit(WorkloadNow& now, F&& edit) {
  auto spec = std::make_shared<WorkloadSpec>(*now.spec);
  edit(*spec);
  now.spec = spec;
}

INSTANTIATE_TEST_SUITE_P(
    All, WhatStopsAWrite,
    testing::Values(Change{"Paused",
                           [](WorkloadNow& now) {
                             Edit(now, [](WorkloadSpec& spec) { spec.mode = Mode::kPaused; });
                           }},
                    Change{"DryRun",
                           [](WorkloadNow& now) {
                             Edit(now, [](WorkloadSpec& spec) { spec.mode = Mode::kDryRun; });
                           }},
                    Change{"TheOtherDirectionOnly",
                           [](WorkloadNow& now) {
                             Edit(now,
                                  [](WorkloadSpec& spec) { spec.mode = Mode::kScaleDownOnly; });
                           }},
                    Change{"FrozenObject",
                           [](WorkloadNow& now) {
                             Edit(now, [](WorkloadSpec& spec) {
                               spec.frozen_until = test::kMorning + std::chrono::seconds(1);
                             });
                           }},
                    Change{"FrozenCluster", [](WorkloadNow& now) { now.freeze = "ConfigMap"; }},
                    Change{"Edited", [](WorkloadNow& now) { ++now.generation; }},
                    Change{"Recreated",
                           [](WorkloadNow& now) {
                             Edit(now, [](WorkloadSpec& spec) { spec.uid = "another"; });
                           }},
                    Change{"Invalid", [](WorkloadNow& now) { now.problem = "spec is odd"; }},
                    Change{"Rival", [](WorkloadNow& now) { now.conflict = "HPAPlus other"; }}),
    [](const auto& test) { return test.param.name; });

TEST_F(ScaleActuatorTest, S1ASizeOutOfBoundsIsNeverWritten) {
  for (const Replicas replicas : {0, 51, -1}) {
    actuator_.Start(Command(replicas));
    EXPECT_EQ(sender_.waiting(), 0U);
    EXPECT_EQ(Failure(), ErrorCode::kGone);
  }
}

TEST_F(ScaleActuatorTest, IdleReplicasAreWrittenAndNothingBelow) {
  spec_->min_replicas = 3;
  spec_->idle = IdleSpec{1, {}, {}};
  actuator_.Start(Command(0));
  EXPECT_EQ(Failure(), ErrorCode::kGone);
  actuator_.Start(Command(1));
  EXPECT_EQ(sender_.waiting(), 1U);
}

TEST_F(ScaleActuatorTest, AP12ATargetThatIsGoneIsNotFound) {
  lookup_.workloads[kWeb].place.reset();
  actuator_.Start(Command());
  EXPECT_EQ(Failure(), ErrorCode::kNotFound);
}

TEST_F(ScaleActuatorTest, AP16ATargetReplacedWhileTheRequestWaitsIsNotWritten) {
  actuator_.Start(Command());
  lookup_.workloads[kWeb].place->uid = "another";
  sender_.Answer(std::string(kWritten));
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_EQ(Failure(), ErrorCode::kGone);
}

TEST_F(ScaleActuatorTest, AWorkloadThatIsGoneIsNotWritten) {
  lookup_.workloads.clear();
  actuator_.Start(Command());
  EXPECT_EQ(Failure(), ErrorCode::kGone);
}

TEST_F(ScaleActuatorTest, ACancelledCommandIsReportedAtOnceAndNeverSent) {
  actuator_.Start(Command());
  actuator_.Cancel(kWeb);
  EXPECT_EQ(Failure(), ErrorCode::kGone);
  sender_.Answer(std::string(kWritten));
  EXPECT_THAT(sender_.sent(), IsEmpty());
  EXPECT_THAT(actuator_.TakeOutcomes(), IsEmpty());
}

TEST_F(ScaleActuatorTest, ACommandAfterACancelledOneHasItsOwnOutcome) {
  actuator_.Start(Command(12));
  actuator_.Cancel(kWeb);
  (void)actuator_.TakeOutcomes();
  actuator_.Start(Command(9));
  sender_.Answer(std::string(kWritten));
  EXPECT_THAT(actuator_.TakeOutcomes(), IsEmpty()) << "that was the cancelled one";
  sender_.Answer(std::string(kWritten));
  EXPECT_TRUE(Outcome());
  ASSERT_EQ(sender_.sent().size(), 1U);
  EXPECT_THAT(sender_.sent()[0].body, HasSubstr("\"replicas\":9"));
}

TEST_F(ScaleActuatorTest, WhatWaitsIsWrittenAsItWasDecidedLast) {
  actuator_.Start(Command(12));
  actuator_.Replace(Command(15));
  sender_.Answer(std::string(kWritten));
  ASSERT_EQ(sender_.sent().size(), 1U);
  EXPECT_THAT(sender_.sent()[0].body, HasSubstr("\"replicas\":15"));
  const auto outcomes = actuator_.TakeOutcomes();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_TRUE(outcomes[0].result);
  EXPECT_EQ(outcomes[0].command.replicas, 15);
}

TEST_F(ScaleActuatorTest, WhatWaitsToGrowIsWithdrawnWhenItIsToShrink) {
  actuator_.Start(Command(12));
  actuator_.Replace(Command(3));
  EXPECT_EQ(Failure(), ErrorCode::kGone);
  sender_.Answer(std::string(kWritten));
  EXPECT_THAT(sender_.sent(), IsEmpty());
}

TEST_F(ScaleActuatorTest, WhatHasBeenSentIsNotReplaced) {
  actuator_.Replace(Command(15));
  EXPECT_EQ(sender_.waiting(), 0U) << "nothing waits";
  actuator_.Start(Command(12));
  sender_.Answer(Error{ErrorCode::kConflict, "modified"});
  actuator_.Replace(Command(15));
  sender_.Answer(std::string(kWritten));
  const auto outcomes = actuator_.TakeOutcomes();
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_EQ(outcomes[0].command.replicas, 12);
}

TEST_F(ScaleActuatorTest, WhatHasBeenSentRunsOn) {
  actuator_.Start(Command());
  sender_.Answer(Error{ErrorCode::kConflict, "modified"});
  actuator_.Cancel(kWeb);
  EXPECT_THAT(actuator_.TakeOutcomes(), IsEmpty());
  sender_.Answer(std::string(kWritten));
  EXPECT_EQ(Failure(), ErrorCode::kConflict);
}

}  // namespace
}  // namespace hpaplus::kube
