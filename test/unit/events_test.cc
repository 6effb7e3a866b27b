#include "engine/kube/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/kube/event_rules.h"
#include "test/support/fake_kube_sender.h"
#include "test/support/kube_workload.h"

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using test::DecisionOf;
using test::kMorning;
using test::NowOf;
using test::RpsSpec;
using test::UnknownDecision;
using test::ViewOf;
using testing::ElementsAre;
using testing::IsEmpty;

EventNote Note(const std::string& reason = "ScaledUp") {
  return {{"v1", "HPAPlus", "shop", "web", "uid-web"}, std::nullopt, false, reason, "Scale", "n"};
}

TEST(EventWriter, AnEventHasTheShapeOfEventsK8sIo) {
  test::FakeKubeSender sender;
  EventWriter writer({}, sender.Function());
  EventNote note = Note();
  note.related = EventSubject{"apps/v1", "Deployment", "shop", "web", "uid-target"};
  writer.Write(note, kMorning);
  ASSERT_EQ(sender.waiting(), 1U);
  EXPECT_EQ(sender.next().method, "POST");
  EXPECT_EQ(sender.next().path, "/apis/events.k8s.io/v1/namespaces/shop/events");
  EXPECT_EQ(sender.next().priority, Priority::kEvent);
  const auto json = nlohmann::json::parse(sender.next().body);
  EXPECT_EQ(json["apiVersion"], "events.k8s.io/v1");
  EXPECT_EQ(json["eventTime"], FormatMicroTime(kMorning));
  EXPECT_EQ(json["regarding"]["uid"], "uid-web");
  EXPECT_EQ(json["related"]["kind"], "Deployment");
  EXPECT_EQ(json["type"], "Normal");
  for (const char* field : {"reportingController", "reportingInstance", "action", "reason", "note"})
    EXPECT_FALSE(json[field].get<std::string>().empty()) << field;
  sender.Answer(std::string("{}"));
  EXPECT_EQ(writer.written(), 1U);
}

TEST(EventWriter, NamesAreUniqueAndNotTooLong) {
  EventNote note = Note();
  note.subject.name = std::string(253, 'a');
  const auto first = nlohmann::json::parse(EventJson(note, "i", kMorning, 1));
  const auto second = nlohmann::json::parse(EventJson(note, "i", kMorning, 2));
  EXPECT_NE(first["metadata"]["name"], second["metadata"]["name"]);
  EXPECT_LE(first["metadata"]["name"].get<std::string>().size(), 253U);
}

TEST(EventWriter, ANoteIsCutBetweenCharacters) {
  EventNote note = Note();
  note.note = std::string(1023, 'a') + "\xC3\xA4";
  const auto json = nlohmann::json::parse(EventJson(note, "i", kMorning, 1));
  EXPECT_EQ(json["note"].get<std::string>(), std::string(1023, 'a'));
  note.note = "\xFF";
  EXPECT_FALSE(nlohmann::json::parse(EventJson(note, "i", kMorning, 1))["note"].empty());
}

TEST(EventWriter, AP19ANoisyReasonIsMutedAndMutesNoOther) {
  test::FakeKubeSender sender;
  EventWriter writer({}, sender.Function());
  for (int i = 0; i < 20; ++i)
    writer.Write(Note("ScaledUp"), kMorning);
  EXPECT_EQ(sender.waiting(), 10U);
  EXPECT_EQ(writer.dropped(), 10U);
  writer.Write(Note("ScaledDown"), kMorning);
  EXPECT_EQ(sender.waiting(), 11U);
  writer.Write(Note("ScaledUp"), kMorning + seconds(60));
  EXPECT_EQ(sender.waiting(), 12U);
}

TEST(EventWriter, RS7WhenTooManyWaitNewOnesAreDroppedAndCounted) {
  test::FakeKubeSender sender;
  EventWriter::Config config;
  config.most_waiting = 2;
  EventWriter writer(config, sender.Function());
  for (const char* reason : {"A", "B", "C"})
    writer.Write(Note(reason), kMorning);
  EXPECT_EQ(sender.waiting(), 2U);
  EXPECT_EQ(writer.dropped(), 1U);
  sender.Answer(Error{ErrorCode::kUnavailable, "refused"});
  EXPECT_EQ(writer.dropped(), 2U);
  writer.Write(Note("D"), kMorning);
  EXPECT_EQ(sender.waiting(), 2U);
}

TEST(EventWriter, RS9TheMemoryOfWhoSaidWhatIsBounded) {
  test::FakeKubeSender sender;
  EventWriter::Config config;
  config.most_buckets = 3;
  EventWriter writer(config, sender.Function());
  for (const char* reason : {"A", "B", "C", "D"})
    writer.Write(Note(reason), kMorning);
  EXPECT_EQ(sender.waiting(), 3U);
  writer.Write(Note("D"), kMorning + seconds(601));
  EXPECT_EQ(sender.waiting(), 4U);
}

class EventRules : public testing::Test {
 protected:
  std::vector<std::string> Reasons(const Decision& decision) {
    std::vector<std::string> reasons;
    const WorkloadView view = ViewOf(spec_, decision.current);
    for (const EventNote& note : EventsOf(decision, Adjusted(view), now_, memory_)) {
      EXPECT_FALSE(note.note.empty());
      reasons.push_back(note.reason);
    }
    return reasons;
  }

  WorkloadView Adjusted(WorkloadView view) const {
    view.conflict = conflict_;
    view.scale.status = status_;
    view.scale.problem = status_ == ScaleStatus::kKnown ? "" : "not found";
    return view;
  }

  std::shared_ptr<WorkloadSpec> spec_ = RpsSpec();
  WorkloadNow now_ = NowOf(spec_);
  EventMemory memory_;
  std::string conflict_;
  ScaleStatus status_ = ScaleStatus::kKnown;
};

TEST_F(EventRules, AQuietWorkloadHasNoEvents) {
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty());
}

TEST_F(EventRules, QuotaThatIsLackingForLongerIsReportedOnce) {
  Decision decision = DecisionOf(7, 12, 9);
  decision.shortage = {9, 3, "compute", "requests.cpu"};
  EXPECT_THAT(Reasons(decision), IsEmpty()) << "it may have grown by the next one";
  EXPECT_THAT(Reasons(decision), ElementsAre("QuotaBlocked"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
}

TEST_F(EventRules, WhatIsNotWrittenLacksNoQuota) {
  spec_->mode = Mode::kDryRun;
  Decision decision = DecisionOf(7, 7, 7);
  decision.shortage = {7, 3, "compute", "requests.cpu"};
  EXPECT_THAT(Reasons(decision), IsEmpty());
  EXPECT_THAT(Reasons(decision), IsEmpty());
}

TEST_F(EventRules, AMetricIsReportedWhenItFailsAndWhenItIsBack) {
  EXPECT_THAT(Reasons(UnknownDecision(7)), ElementsAre("MetricUnavailable"));
  EXPECT_THAT(Reasons(UnknownDecision(7)), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), ElementsAre("MetricRecovered"));
  EXPECT_THAT(Reasons(UnknownDecision(7)), ElementsAre("MetricUnavailable"));
  spec_->generation = 4;
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty()) << "these are other metrics";
}

TEST_F(EventRules, ARecommendationIsReportedOncePerChange) {
  spec_->mode = Mode::kDryRun;
  EXPECT_THAT(Reasons(DecisionOf(7, 12, 12)), ElementsAre("Recommended"));
  EXPECT_THAT(Reasons(DecisionOf(7, 12, 12)), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 13, 13)), ElementsAre("Recommended"));
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 13, 13)), ElementsAre("Recommended"));
}

TEST_F(EventRules, TheMaximumIsReportedWhenItIsReached) {
  Decision decision = DecisionOf(50, 70, 50);
  decision.conditions[2].reason = Reason::kTooManyReplicas;
  EXPECT_THAT(Reasons(decision), ElementsAre("LimitReached"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
  EXPECT_THAT(Reasons(UnknownDecision(50)), ElementsAre("MetricUnavailable"));
  EXPECT_THAT(Reasons(decision), ElementsAre("MetricRecovered")) << "it has been there all along";
  EXPECT_THAT(Reasons(DecisionOf(50, 50, 50)), IsEmpty());
  EXPECT_THAT(Reasons(decision), ElementsAre("LimitReached"));
}

TEST_F(EventRules, AFallbackIsReportedWhenItBeginsAndWhenItEnds) {
  Decision decision = DecisionOf(7, 7, 7);
  decision.conditions.push_back(
      {ConditionType::kFallbackActive, ConditionStatus::kTrue, Reason::kFallbackHold});
  EXPECT_THAT(Reasons(decision), ElementsAre("FallbackActivated"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty()) << "this one does not say";
  decision.conditions.back() = {ConditionType::kFallbackActive, ConditionStatus::kFalse,
                                Reason::kNoFallback};
  EXPECT_THAT(Reasons(decision), ElementsAre("FallbackEnded"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
}

TEST_F(EventRules, FlappingIsReportedOnce) {
  Decision decision = DecisionOf(7, 7, 7);
  decision.conditions.push_back(
      {ConditionType::kFlapping, ConditionStatus::kTrue, Reason::kFlapping});
  EXPECT_THAT(Reasons(decision), ElementsAre("FlappingDetected"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
}

TEST_F(EventRules, OverloadIsReportedEachTimeItBegins) {
  Decision decision = DecisionOf(7, 7, 7);
  decision.conditions.push_back(
      {ConditionType::kOverloaded, ConditionStatus::kTrue, Reason::kPeriodStretched});
  EXPECT_THAT(Reasons(decision), ElementsAre("Overloaded"));
  EXPECT_THAT(Reasons(decision), IsEmpty());
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty()) << "over";
  EXPECT_THAT(Reasons(decision), ElementsAre("Overloaded"));
}

TEST_F(EventRules, AFreezeIsReportedWhenItBeginsAndWhenItEnds) {
  spec_->frozen_until = test::kMorning + std::chrono::seconds(1);
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), ElementsAre("Frozen"));
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), IsEmpty());
  spec_->frozen_until.reset();
  EXPECT_THAT(Reasons(DecisionOf(7, 7, 7)), ElementsAre("Unfrozen"));
}

TEST_F(EventRules, AMetricThatSomethingStandsInForIsUnavailable) {
  Decision decision = DecisionOf(7, 7, 7);
  decision.metrics[0].stood_in = true;
  decision.metrics[0].reason = Reason::kStaleData;
  EXPECT_THAT(Reasons(decision), ElementsAre("MetricUnavailable"));
}

TEST_F(EventRules, AP12AP20TargetsThatAreMissingOrClaimedAreReportedOnce) {
  Decision held;
  status_ = ScaleStatus::kNotFound;
  EXPECT_THAT(Reasons(held), ElementsAre("TargetNotFound"));
  EXPECT_THAT(Reasons(held), IsEmpty());
  status_ = ScaleStatus::kKnown;
  conflict_ = "HPAPlus other";
  EXPECT_THAT(Reasons(held), ElementsAre("AmbiguousTarget"));
  conflict_.clear();
  EXPECT_THAT(Reasons(held), IsEmpty());
  now_.problem = "spec is odd";
  EXPECT_THAT(Reasons(held), ElementsAre("SpecInvalid"));
  EXPECT_THAT(Reasons(held), IsEmpty());
}

TEST_F(EventRules, AScaledWorkloadIsReportedOnTheObjectAndOnTheTarget) {
  (void)Reasons(DecisionOf(7, 12, 12));
  const auto notes = EventsOf(test::OutcomeOf(spec_, 7, 12, Done{}), now_, memory_);
  ASSERT_EQ(notes.size(), 2U);
  EXPECT_EQ(notes[0].reason, "ScaledUp");
  EXPECT_EQ(notes[0].note, "7 -> 12: rps 1,431 over 120 each (needs 11.9)");
  EXPECT_EQ(notes[0].subject.kind, "HPAPlus");
  EXPECT_EQ(notes[0].related->uid, "uid-target");
  EXPECT_EQ(notes[1].subject.uid, "uid-target");
  EXPECT_EQ(notes[1].subject.kind, "Deployment");
  EXPECT_EQ(notes[1].related->kind, "HPAPlus");
}

TEST_F(EventRules, AFailedWriteIsReportedButNotAConflict) {
  const auto events = [&](Result<Done> result) {
    return EventsOf(test::OutcomeOf(spec_, 7, 3, std::move(result)), now_, memory_);
  };
  EXPECT_THAT(events(Error{ErrorCode::kConflict, "x"}), IsEmpty());
  EXPECT_THAT(events(Error{ErrorCode::kGone, "x"}), IsEmpty());
  const auto failed = events(Error{ErrorCode::kPermissionDenied, "needs update"});
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].reason, "ScaleFailed");
  EXPECT_TRUE(failed[0].is_warning);
  EXPECT_EQ(failed[0].note, "7 -> 3: needs update");
  EXPECT_EQ(events(Done{})[0].reason, "ScaledDown");
}

}  // namespace
}  // namespace hpaplus::kube
