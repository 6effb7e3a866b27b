#include "engine/kube/status_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/kube/status_reply.h"
#include "test/support/fake_kube_sender.h"
#include "test/support/fake_workload_lookup.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::DecisionOf;
using test::kMorning;
using test::ViewOf;

constexpr WorkloadId kWeb{0};

class StatusWriterTest : public testing::Test {
 protected:
  StatusWriterTest() { lookup_.workloads[kWeb] = test::NowOf(spec_); }

  static StatusWriter::Config Limits() {
    StatusWriter::Config config;
    config.writes_per_second = 1;
    config.writes_burst = 10;
    return config;
  }

  // What one evaluation leads to; -1 request: nothing was written.
  std::size_t Evaluate(Decision decision) {
    decision.at = clock_.Now();
    writer_.Update(decision, ViewOf(spec_, decision.current));
    return Run();
  }

  std::size_t Run() {
    const std::size_t before = sender_.waiting();
    (void)writer_.RunChores(clock_.Now());
    return sender_.waiting() - before;
  }

  ObjectStatus Sent() { return *ParseObjectStatus(sender_.next().body); }

  void Accept() { sender_.Answer(std::string("{}")); }

  std::shared_ptr<WorkloadSpec> spec_ = test::RpsSpec();
  test::FakeWorkloadLookup lookup_;
  test::FakeKubeSender sender_;
  test::ManualClock clock_{kMorning};
  StatusWriter writer_{Limits(), sender_.Function(), lookup_, clock_};
};

TEST_F(StatusWriterTest, TheFirstStatusIsPatchedAtOnce) {
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  EXPECT_EQ(sender_.next().method, "PATCH");
  EXPECT_EQ(sender_.next().path,
            "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/shop/hpapluses/web/status"
            "?fieldManager=hpaplus");
  EXPECT_EQ(sender_.next().content_type, "application/merge-patch+json");
  EXPECT_EQ(sender_.next().priority, Priority::kStatus);
  EXPECT_EQ(Sent().current, 7);
}

TEST_F(StatusWriterTest, AP19NothingIsWrittenWhenNothingChanges) {
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  Accept();
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(seconds(1));
    EXPECT_EQ(Evaluate(DecisionOf(7, 7, 7)), 0U);
  }
  EXPECT_EQ(writer_.writes(), 1U);
  EXPECT_EQ(writer_.RunChores(clock_.Now()), Timestamp::max());
}

TEST_F(StatusWriterTest, AP19MeasuredValuesAloneAreWrittenEveryThirtySeconds) {
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  Accept();
  int writes = 0;
  for (int i = 1; i <= 90; ++i) {
    clock_.Advance(seconds(1));
    if (Evaluate(DecisionOf(7, 7, 7, {}, 800 + i)) == 0) continue;
    ++writes;
    Accept();
  }
  EXPECT_EQ(writes, 3);
}

TEST_F(StatusWriterTest, AChangeOfMeaningIsWrittenAtOnce) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  Accept();
  clock_.Advance(seconds(1));
  ASSERT_EQ(Evaluate(test::UnknownDecision(7)), 1U);
  EXPECT_EQ(Sent().Find("Ready")->reason, "FailedGetSourceMetric");
}

TEST_F(StatusWriterTest, ADecisionThatActsIsWrittenTogetherWithItsOutcome) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  Accept();
  clock_.Advance(seconds(1));
  EXPECT_EQ(Evaluate(DecisionOf(7, 12, 12)), 0U);
  clock_.Advance(milliseconds(20));
  writer_.RecordOutcome(
      {{kWeb, std::make_shared<WorkloadView>(ViewOf(spec_, 7)), 12, kMorning}, Done{}},
      clock_.Now());
  ASSERT_EQ(Run(), 1U);
  EXPECT_EQ(Sent().Find("AbleToScale")->reason, "SucceededRescale");
  EXPECT_EQ(Sent().current, 12);
  EXPECT_EQ(Sent().last_decision->to, 12);
  EXPECT_EQ(Sent().last_scale_time, kMorning + seconds(1));
}

TEST_F(StatusWriterTest, ADecisionWhoseOutcomeIsSlowIsWrittenWithoutIt) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  Accept();
  EXPECT_EQ(Evaluate(DecisionOf(7, 12, 12)), 0U);
  clock_.Advance(milliseconds(500));
  ASSERT_EQ(Run(), 1U);
  EXPECT_EQ(Sent().desired, 12);
}

TEST_F(StatusWriterTest, AFailureToWriteASizeStaysUntilOneWorks) {
  (void)Evaluate(DecisionOf(7, 12, 12));
  writer_.RecordOutcome(test::OutcomeOf(spec_, 7, 12, Error{ErrorCode::kPermissionDenied, "no"}),
                        clock_.Now());
  (void)Run();
  Accept();
  clock_.Advance(seconds(1));
  EXPECT_EQ(Evaluate(DecisionOf(7, 12, 12)), 0U) << "wanted still, failed still";
  EXPECT_EQ(Run(), 0U);
  clock_.Advance(seconds(1));
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  EXPECT_EQ(Sent().Find("AbleToScale")->status, ConditionStatus::kTrue);
}

TEST_F(StatusWriterTest, AP19ARestartWritesNothingWhenAllIsAsBefore) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  const ObjectStatus stored = Sent();
  Accept();
  StatusWriter restarted(Limits(), sender_.Function(), lookup_, clock_);
  lookup_.workloads[kWeb].stored_status = std::make_shared<const ObjectStatus>(stored);
  clock_.Advance(seconds(3600));
  Decision decision = DecisionOf(7, 7, 7);
  decision.at = clock_.Now();
  restarted.Update(decision, ViewOf(spec_, 7));
  EXPECT_EQ(restarted.RunChores(clock_.Now() + seconds(60)), Timestamp::max());
  EXPECT_EQ(restarted.writes(), 0U);
}

TEST_F(StatusWriterTest, ARestartKeepsTransitionTimes) {
  ObjectStatus stored;
  stored.conditions.push_back({"AbleToScale", ConditionStatus::kTrue, "ReadyForNewScale", "old",
                               kMorning - seconds(7200), 2});
  lookup_.workloads[kWeb].stored_status = std::make_shared<const ObjectStatus>(stored);
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  EXPECT_EQ(Sent().Find("AbleToScale")->last_transition, kMorning - seconds(7200));
  EXPECT_EQ(Sent().Find("ScalingActive")->last_transition, kMorning);
}

TEST_F(StatusWriterTest, AP1AFailedPatchIsRepeatedWithTheNewestStatus) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  sender_.Answer(Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_EQ(Run(), 0U);
  clock_.Advance(milliseconds(500));
  EXPECT_EQ(Evaluate(DecisionOf(9, 9, 9)), 0U) << "newer content does not end the back-off";
  clock_.Advance(milliseconds(500));
  ASSERT_EQ(Run(), 1U);
  EXPECT_EQ(Sent().current, 9);
  sender_.Answer(Error{ErrorCode::kUnavailable, "refused"});
  clock_.Advance(seconds(1));
  EXPECT_EQ(Run(), 0U) << "the second delay is longer";
  clock_.Advance(seconds(1));
  EXPECT_EQ(Run(), 1U);
}

TEST_F(StatusWriterTest, ANewStatusWaitsForTheOneUnderWay) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  EXPECT_EQ(Evaluate(DecisionOf(8, 8, 8)), 0U);
  EXPECT_EQ(Evaluate(DecisionOf(9, 9, 9)), 0U);
  Accept();
  ASSERT_EQ(Run(), 1U);
  EXPECT_EQ(Sent().current, 9);
}

TEST_F(StatusWriterTest, AP13ARefusedStatusIsNotRepeatedButANewOneIsTried) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  sender_.Answer(Error{ErrorCode::kInvalidArgument, "422"});
  clock_.Advance(seconds(300));
  EXPECT_EQ(Run(), 0U);
  EXPECT_EQ(Evaluate(DecisionOf(9, 9, 9)), 1U);
}

TEST_F(StatusWriterTest, AP12AnObjectThatIsGoneIsNotWrittenAgain) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  sender_.Answer(Error{ErrorCode::kNotFound, "gone"});
  clock_.Advance(seconds(300));
  EXPECT_EQ(Run(), 0U);
  lookup_.workloads.clear();
  EXPECT_EQ(Evaluate(DecisionOf(9, 9, 9)), 0U);
}

TEST_F(StatusWriterTest, AP16AnAnswerForAFormerUserOfTheIdChangesNothing) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  writer_.Forget(kWeb);
  spec_ = test::RpsSpec();
  spec_->uid = "second";
  lookup_.workloads[kWeb] = test::NowOf(spec_);
  ASSERT_EQ(Evaluate(DecisionOf(7, 7, 7)), 1U);
  sender_.Answer(Error{ErrorCode::kUnavailable, "refused"});  // The first one's.
  Accept();
  clock_.Advance(seconds(60));
  EXPECT_EQ(Run(), 0U);
}

TEST_F(StatusWriterTest, AP19AllWritesTogetherAreLimited) {
  for (std::uint32_t i = 0; i < 25; ++i) {
    auto spec = test::RpsSpec();
    spec->uid += std::to_string(i);
    lookup_.workloads[WorkloadId{i}] = test::NowOf(spec);
    Decision decision = DecisionOf(7, 7, 7);
    decision.workload = WorkloadId{i};
    writer_.Update(decision, ViewOf(spec, 7));
  }
  EXPECT_EQ(Run(), 10U);
  EXPECT_EQ(writer_.RunChores(clock_.Now()), kMorning + seconds(1));
  clock_.Advance(seconds(5));
  EXPECT_EQ(Run(), 5U);
}

}  // namespace
}  // namespace hpaplus::kube
