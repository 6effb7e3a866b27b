#include "engine/kube/kube_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/kube/decision_digest.h"
#include "engine/kube/release_journal.h"
#include "test/support/fake_kube_sender.h"
#include "test/support/fake_workload_lookup.h"
#include "test/support/kube_workload.h"
#include "test/support/manual_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::seconds;
using test::DecisionOf;
using test::kMorning;
using test::ViewOf;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WorkloadId kWeb{0};

TEST(DecisionDigest, MeasuredValuesAreNoMeaning) {
  const WorkloadView view = ViewOf(test::RpsSpec(), 7);
  const Decision a = DecisionOf(7, 7, 7, kMorning, 840);
  const Decision b = DecisionOf(7, 7, 7, kMorning + seconds(1), 841);
  EXPECT_EQ(MeaningDigest(a, view), MeaningDigest(b, view));
  EXPECT_NE(ValuesDigest(a), ValuesDigest(b));
  EXPECT_EQ(ValuesDigest(a), ValuesDigest(a));
}

TEST(DecisionDigest, EverythingThatIsSaidIsInIt) {
  const WorkloadView view = ViewOf(test::RpsSpec(), 7);
  const Decision base = DecisionOf(7, 7, 7);
  const std::uint64_t digest = MeaningDigest(base, view);
  EXPECT_NE(MeaningDigest(DecisionOf(7, 12, 12), view), digest);
  EXPECT_NE(MeaningDigest(test::UnknownDecision(7), view), digest);
  WorkloadView other = view;
  other.conflict = "HPAPlus other";
  EXPECT_NE(MeaningDigest(base, other), digest);
  other = view;
  other.scale.status = ScaleStatus::kFailed;
  EXPECT_NE(MeaningDigest(base, other), digest);
  other.scale.problem = "x";
  EXPECT_NE(MeaningDigest(base, other), digest);
  auto spec = test::RpsSpec();
  spec->generation = 9;
  EXPECT_NE(MeaningDigest(base, ViewOf(spec, 7)), digest);
  Decision changed = base;
  changed.conditions[1].status = ConditionStatus::kFalse;
  EXPECT_NE(MeaningDigest(changed, view), digest);
  changed = test::UnknownDecision(7);
  changed.metrics[0].reason = Reason::kStaleData;
  EXPECT_NE(MeaningDigest(changed, view), MeaningDigest(test::UnknownDecision(7), view));
}

class KubeJournalTest : public testing::Test {
 protected:
  KubeJournalTest() { lookup_.workloads[kWeb] = test::NowOf(spec_); }

  // The verbs of the requests that an evaluation leads to.
  std::vector<std::string> Evaluate(Decision decision) {
    decision.at = clock_.Now();
    journal_.RecordDecision(decision, ViewOf(spec_, decision.current));
    return Requests();
  }

  std::vector<std::string> Requests() {
    (void)writer_.RunChores(clock_.Now());
    std::vector<std::string> verbs;
    while (sender_.waiting() > 0) {
      verbs.push_back(sender_.next().verb);
      sender_.Answer(std::string("{}"));
    }
    return verbs;
  }

  std::shared_ptr<WorkloadSpec> spec_ = test::RpsSpec();
  test::FakeWorkloadLookup lookup_;
  test::FakeKubeSender sender_;
  test::ManualClock clock_{kMorning};
  StatusWriter writer_{{}, sender_.Function(), lookup_, clock_};
  EventWriter events_{{}, sender_.Function()};
  KubeJournal journal_{{}, writer_, events_, lookup_};
};

TEST_F(KubeJournalTest, AP19ASteadyWorkloadCausesNoRequests) {
  EXPECT_THAT(Evaluate(DecisionOf(7, 7, 7)), ElementsAre("patch"));
  for (int i = 0; i < 600; ++i) {
    clock_.Advance(seconds(1));
    ASSERT_THAT(Evaluate(DecisionOf(7, 7, 7)), IsEmpty());
  }
}

TEST_F(KubeJournalTest, AP19ValuesThatMoveAreShownEveryThirtySeconds) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  std::size_t requests = 0;
  for (int i = 1; i <= 300; ++i) {
    clock_.Advance(seconds(1));
    requests += Evaluate(DecisionOf(7, 7, 7, {}, 800 + i)).size();
  }
  EXPECT_GE(requests, 9U);
  EXPECT_LE(requests, 10U);
}

TEST_F(KubeJournalTest, AShadowThatMovesIsShownEveryThirtySeconds) {
  ShadowBook shadows;
  KubeJournal journal({.shadows = &shadows}, writer_, events_, lookup_);
  std::size_t requests = 0;
  for (int i = 0; i <= 300; ++i) {
    ShadowState state;
    state.replicas = 10 + i;
    shadows.Set(kWeb, state);
    Decision decision = DecisionOf(7, 7, 7);
    decision.at = clock_.Now();
    journal.RecordDecision(decision, ViewOf(spec_, 7));
    requests += Requests().size();
    clock_.Advance(seconds(1));
  }
  EXPECT_GE(requests, 10U);
  EXPECT_LE(requests, 11U);
}

TEST_F(KubeJournalTest, AScalingIsOneStatusAndAnEventForBothSides) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  EXPECT_THAT(Evaluate(DecisionOf(7, 12, 12)), IsEmpty()) << "waits for the outcome";
  journal_.RecordOutcome(test::OutcomeOf(spec_, 7, 12, Done{}), clock_.Now());
  EXPECT_THAT(Requests(), ElementsAre("create", "create", "patch"));
}

TEST_F(KubeJournalTest, AConflictIsNoNews) {
  (void)Evaluate(DecisionOf(7, 7, 7));
  journal_.RecordOutcome(test::OutcomeOf(spec_, 7, 12, Error{ErrorCode::kConflict, "x"}),
                         clock_.Now());
  EXPECT_THAT(Requests(), IsEmpty());
}

TEST_F(KubeJournalTest, AP16AnIdThatIsGoneIsReleasedAndRemembersNothing) {
  (void)Evaluate(test::UnknownDecision(7));
  journal_.RecordGone(kWeb);
  EXPECT_THAT(lookup_.released, ElementsAre(kWeb));
  EXPECT_THAT(Evaluate(test::UnknownDecision(7)), ElementsAre("create", "patch"));
}

TEST(ReleaseJournal, GivesIdsBack) {
  test::FakeWorkloadLookup lookup;
  ReleaseJournal journal(lookup);
  journal.RecordGone(kWeb);
  EXPECT_THAT(lookup.released, ElementsAre(kWeb));
}

}  // namespace
}  // namespace hpaplus::kube
