#include "engine/api/trigger_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/support/manual_clock.h"

namespace hpaplus::api {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FakeHost final : public TriggerHost {
 public:
  Result<FoundSource> FindSource(std::string_view ns, std::string_view /*source_ns*/,
                                 std::string_view name) override {
    if (name != "orders") return Error{ErrorCode::kNotFound, "no such source"};
    return FoundSource{SourceRef{"MetricSource", std::string(name)}, std::string(ns)};
  }
  void Begin(std::shared_ptr<const WorkloadSpec> spec) override { begun.push_back(spec); }
  void End(const std::string& uid) override { ended.push_back(uid); }

  std::vector<std::shared_ptr<const WorkloadSpec>> begun;
  std::vector<std::string> ended;
};

class Recorder final : public TriggerListener {
 public:
  void OnAnswer(const std::shared_ptr<const TriggerAnswer>& answer) override {
    answers.push_back(answer);
  }
  std::vector<std::shared_ptr<const TriggerAnswer>> answers;
};

class TriggerTableTest : public ::testing::Test {
 protected:
  using Metadata = std::vector<std::pair<std::string_view, std::string_view>>;

  TriggerTableTest() {
    objects_.Listen(
        [this](const std::string& ns, const std::string& name, const DecisionBoard::Entry& entry) {
          table_.OnObject(ns, name, entry);
        });
  }

  static TriggerRef Of(Metadata metadata) { return {"shop", "worker", std::move(metadata)}; }
  static TriggerRef Source(std::string_view threshold = "10") {
    return Of({{"query", "depth"}, {"source", "orders"}, {"threshold", threshold}});
  }
  static TriggerRef Object() { return Of({{"hpaplus", "web"}}); }

  static Decision Decided(double total) {
    Decision decision;
    decision.at = Timestamp(seconds(5));
    decision.known = true;
    MetricOutcome outcome;
    outcome.total = total;
    outcome.proposal = 1;
    decision.metrics.push_back(outcome);
    return decision;
  }

  void Evaluate(const std::shared_ptr<const WorkloadSpec>& spec, double total) {
    auto view = std::make_shared<WorkloadView>();
    view->spec = spec;
    table_.OnWorkload({view, std::make_shared<const Decision>(Decided(total)), spec});
  }

  std::shared_ptr<const WorkloadView> PutObject(const char* target = "10") {
    WorkloadSpec spec;
    spec.ns = "shop";
    spec.name = "web";
    spec.uid = "u1";
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.name = "rps";
    metric.target.average_value = *Quantity::Parse(target);
    spec.metrics.push_back(metric);
    auto view = std::make_shared<WorkloadView>();
    view->spec = std::make_shared<const WorkloadSpec>(spec);
    view->scale.status = ScaleStatus::kKnown;
    objects_.Follow({{WorkloadId{0}, view}});
    return view;
  }

  double ValueOf(const TriggerRef& ref) {
    const auto answer = table_.Ask(ref);
    EXPECT_TRUE(answer);
    return answer && (*answer)->metrics[0].value ? *(*answer)->metrics[0].value : -1;
  }

  test::ManualClock clock_{Timestamp(seconds(1000))};
  DecisionBoard objects_;
  FakeHost host_;
  TriggerTable table_{{.triggers_most = 3, .expire_after = minutes(5)}, objects_, host_, clock_};
};

TEST_F(TriggerTableTest, AnswersForAnObjectFromItsLastEvaluation) {
  EXPECT_EQ(table_.Ask(Object()).error().code, ErrorCode::kNotFound);
  const auto view = PutObject();
  EXPECT_EQ(ValueOf(Object()), -1);
  objects_.RecordDecision(Decided(42), *view);
  EXPECT_EQ(ValueOf(Object()), 42);
}

TEST_F(TriggerTableTest, MissesAnObjectThatIsGoneAndFindsItAgain) {
  PutObject();
  EXPECT_TRUE(table_.Ask(Object()));
  objects_.Follow({{WorkloadId{0}, nullptr}});
  EXPECT_EQ(table_.Ask(Object()).error().code, ErrorCode::kNotFound);
  PutObject();
  EXPECT_TRUE(table_.Ask(Object()));
}

TEST_F(TriggerTableTest, BeginsAWorkloadForATriggerWithoutAnObject) {
  ASSERT_TRUE(table_.Ask(Source()));
  ASSERT_EQ(host_.begun.size(), 1U);
  EXPECT_EQ(host_.begun[0]->metrics[0].query, "depth");
  EXPECT_EQ(ValueOf(Source()), -1);
  Evaluate(host_.begun[0], 7);
  EXPECT_EQ(ValueOf(Source()), 7);
  EXPECT_EQ(host_.begun.size(), 1U);
}

TEST_F(TriggerTableTest, TellsTriggersOfOneScaledObjectApartByAnyKey) {
  ASSERT_TRUE(table_.Ask(Source("10")));
  ASSERT_TRUE(table_.Ask(Source("20")));
  ASSERT_EQ(host_.begun.size(), 2U);
  Evaluate(host_.begun[0], 1);
  Evaluate(host_.begun[1], 2);
  EXPECT_EQ(ValueOf(Source("10")), 1);
  EXPECT_EQ(ValueOf(Source("20")), 2);
}

TEST_F(TriggerTableTest, EvaluatesOnceWhatOnlyKedasOwnKeysTellApart) {
  ASSERT_TRUE(table_.Ask(Source()));
  Evaluate(host_.begun[0], 7);
  TriggerRef other = Source();
  other.metadata.insert(other.metadata.begin() + 1, {"scalerAddress", "b:1"});
  EXPECT_EQ(ValueOf(other), 7);
  EXPECT_EQ(host_.begun.size(), 1U);
}

TEST_F(TriggerTableTest, KeepsNothingOfWhatMakesNoSense) {
  EXPECT_EQ(table_.Ask(Of({{"x", "1"}})).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(table_.Ask(Of({{"query", "a"}, {"source", "nope"}, {"threshold", "1"}})).error().code,
            ErrorCode::kNotFound);
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(TriggerTableTest, TakesSoManyAndNoMore) {
  for (const char* threshold : {"1", "2", "3"})
    EXPECT_TRUE(table_.Ask(Source(threshold)));
  const auto refused = table_.Ask(Source("4"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(host_.begun.size(), 3U);
}

TEST_F(TriggerTableTest, ForgetsWhatNobodyAsksForAnyMore) {
  ASSERT_TRUE(table_.Ask(Source()));
  clock_.Advance(minutes(5));
  table_.Expire();
  EXPECT_EQ(table_.size(), 1U);
  clock_.Advance(seconds(1));
  table_.Expire();
  EXPECT_EQ(table_.size(), 0U);
  EXPECT_THAT(host_.ended, ElementsAre(host_.begun[0]->uid));
  ASSERT_TRUE(table_.Ask(Source()));  // And begins anew.
  EXPECT_EQ(host_.begun.size(), 2U);
}

TEST_F(TriggerTableTest, WaitsThreeTimesTheLongestPause) {
  ASSERT_TRUE(table_.Ask(Source()));
  clock_.Advance(minutes(4));
  ASSERT_TRUE(table_.Ask(Source()));
  clock_.Advance(minutes(12));
  table_.Expire();
  EXPECT_EQ(table_.size(), 1U);
  clock_.Advance(seconds(1));
  table_.Expire();
  EXPECT_EQ(table_.size(), 0U);
}

TEST_F(TriggerTableTest, KeepsAWorkloadAsLongAsOneTriggerFollowsIt) {
  ASSERT_TRUE(table_.Ask(Source()));
  clock_.Advance(minutes(3));
  TriggerRef other = Source();
  other.metadata.insert(other.metadata.begin() + 1, {"scalerAddress", "b:1"});
  ASSERT_TRUE(table_.Ask(other));
  clock_.Advance(minutes(3));
  table_.Expire();
  EXPECT_EQ(table_.size(), 1U);
  EXPECT_THAT(host_.ended, IsEmpty());
}

TEST_F(TriggerTableTest, TellsListenersUntilTheyAreDropped) {
  const auto view = PutObject();
  const auto listener = std::make_shared<Recorder>();
  ASSERT_TRUE(table_.Listen(Object(), listener));
  objects_.RecordDecision(Decided(1), *view);
  ASSERT_EQ(listener->answers.size(), 1U);
  clock_.Advance(minutes(60));
  table_.Expire();
  EXPECT_EQ(table_.size(), 1U);  // Somebody listens.
  objects_.Follow({{WorkloadId{0}, nullptr}});
  PutObject("20");
  ASSERT_EQ(listener->answers.size(), 2U);  // The absence was nothing to tell.
  EXPECT_EQ(listener->answers[1]->metrics[0].target, 20);
  table_.Drop(listener);
  table_.Drop(listener);
  PutObject("30");
  EXPECT_EQ(listener->answers.size(), 2U);
  EXPECT_EQ(listener.use_count(), 1);
}

TEST_F(TriggerTableTest, KeepsNoListenerOfWhatIsNotThere) {
  const auto listener = std::make_shared<Recorder>();
  EXPECT_FALSE(table_.Listen(Object(), listener));
  table_.Drop(listener);
  EXPECT_EQ(listener.use_count(), 1);
}

}  // namespace
}  // namespace hpaplus::api
