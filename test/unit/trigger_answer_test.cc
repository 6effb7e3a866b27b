#include "engine/api/trigger_answer.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus::api {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr Timestamp kNow{seconds(1'000'000)};

MetricSpec Metric(const std::string& name, const char* target = "10") {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = name;
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = *Quantity::Parse(target);
  return metric;
}

MetricOutcome Number(double total, double target = 10) {
  MetricOutcome outcome;
  outcome.total = total;
  outcome.demand = total / target;
  outcome.proposal = static_cast<Replicas>(std::min(1e6, std::ceil(outcome.demand)));
  return outcome;
}

class TriggerAnswerTest : public ::testing::Test {
 protected:
  TriggerAnswerTest() {
    spec_.ns = "shop";
    spec_.name = "worker";
    spec_.period = seconds(5);
    spec_.max_replicas = 50;
    view_.scale.status = ScaleStatus::kKnown;
    view_.scale.spec_replicas = 3;
    decision_.at = kNow;
    decision_.known = true;
    decision_.desired = 7;
  }

  void Add(MetricSpec metric, MetricOutcome outcome) {
    spec_.metrics.push_back(std::move(metric));
    decision_.metrics.push_back(std::move(outcome));
  }

  [[nodiscard]] BoardEntry Entry() {
    view_.spec = std::make_shared<const WorkloadSpec>(spec_);
    BoardEntry entry;
    entry.view = std::make_shared<const WorkloadView>(view_);
    entry.decided = view_.spec;
    entry.decision = std::make_shared<const Decision>(decision_);
    return entry;
  }

  TriggerAnswer Answer(const ObjectTrigger& trigger = {"worker", "", false}) {
    const auto answer = AnswerOf(trigger, Entry());
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : TriggerAnswer{};
  }

  WorkloadSpec spec_;
  WorkloadView view_;
  Decision decision_;
};

TEST_F(TriggerAnswerTest, TellsTheNumberItself) {
  Add(Metric("depth"), Number(22.222));
  const TriggerAnswer answer = Answer();
  ASSERT_EQ(answer.metrics.size(), 1U);
  EXPECT_EQ(answer.metrics[0].name, "depth");
  EXPECT_EQ(answer.metrics[0].target, 10);
  EXPECT_EQ(*answer.metrics[0].value, 22.222);
  EXPECT_TRUE(*answer.active);
  EXPECT_EQ(answer.at, kNow);
}

TEST_F(TriggerAnswerTest, IsActiveAboveTheThresholdAndNotOnIt) {
  MetricSpec metric = Metric("depth");
  metric.activation_threshold = *Quantity::Parse("5");
  Add(metric, Number(5));
  EXPECT_FALSE(*Answer().active);
  decision_.metrics[0] = Number(5.001);
  EXPECT_TRUE(*Answer().active);
}

TEST_F(TriggerAnswerTest, TellsNoNumberThatIsNotKnown) {
  MetricOutcome stale;
  stale.reason = Reason::kStaleData;
  Add(Metric("depth"), stale);
  const TriggerAnswer answer = Answer();
  ASSERT_FALSE(answer.metrics[0].value);
  EXPECT_THAT(answer.metrics[0].value.error().message, HasSubstr("metric depth is unknown"));
  ASSERT_FALSE(answer.active);
  EXPECT_EQ(answer.active.error().code, ErrorCode::kUnavailable);
}

TEST_F(TriggerAnswerTest, TellsNothingNegativeOrInfinite) {
  Add(Metric("depth"), Number(-5));
  EXPECT_FALSE(Answer().metrics[0].value);
  decision_.metrics[0].total = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(Answer().metrics[0].value);
  decision_.metrics[0] = Number(0);
  EXPECT_EQ(*Answer().metrics[0].value, 0);
}

TEST_F(TriggerAnswerTest, MakesNamesThatAreSafeAndUniqueWithoutKedasPrefix) {
  Add(Metric("Queue Depth"), Number(1));
  Add(Metric("queue/depth"), Number(2));
  Add(Metric("s3-objects"), Number(3));
  Add(Metric("s-objects"), Number(3));
  const TriggerAnswer answer = Answer();
  ASSERT_EQ(answer.metrics.size(), 4U);
  EXPECT_EQ(answer.metrics[0].name, "queue-depth");
  EXPECT_EQ(answer.metrics[1].name, "queue-depth-2");
  EXPECT_EQ(answer.metrics[2].name, "metric-s3-objects");
  EXPECT_EQ(answer.metrics[3].name, "s-objects");
}

TEST_F(TriggerAnswerTest, ServesWhatVotesOrTheOneMetricThatIsNamed) {
  Add(Metric("depth"), Number(100));
  MetricSpec guard = Metric("errors");
  guard.role = MetricRole::kGuard;
  Add(guard, Number(0));
  EXPECT_EQ(Answer().metrics.size(), 1U);
  const TriggerAnswer named = Answer({"worker", "errors", false});
  ASSERT_EQ(named.metrics.size(), 1U);
  EXPECT_EQ(named.metrics[0].name, "errors");
  EXPECT_FALSE(*named.active);
}

TEST_F(TriggerAnswerTest, MissesAMetricThatIsNotThere) {
  Add(Metric("depth"), Number(100));
  const auto answer = AnswerOf({"worker", "rate", false}, Entry());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kNotFound);
}

TEST_F(TriggerAnswerTest, RefusesAnObjectWithNothingToTell) {
  MetricSpec guard = Metric("errors");
  guard.role = MetricRole::kGuard;
  Add(guard, Number(0));
  const auto answer = AnswerOf({"worker", "", false}, Entry());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TriggerAnswerTest, TellsAQueueByTheReplicasThatItTakes) {
  MetricSpec queue = Metric("arrivals");
  queue.queue = QueueSpec{};
  MetricOutcome outcome = Number(100);
  outcome.demand = 12.5;  // What waits counts, too.
  Add(queue, outcome);
  EXPECT_EQ(*Answer().metrics[0].value, 125);
}

TEST_F(TriggerAnswerTest, TellsPodsMetricsByTheReplicasThatTheyTakeAndIsActiveThen) {
  MetricSpec cpu;
  cpu.type = MetricType::kResource;
  cpu.name = cpu.resource = "cpu";
  cpu.target.type = TargetType::kUtilization;
  cpu.target.average_utilization = 60;
  MetricOutcome outcome;
  outcome.proposal = 5;
  outcome.demand = 4.5;
  Add(cpu, outcome);
  const TriggerAnswer answer = Answer();
  EXPECT_EQ(answer.metrics[0].target, 60);
  EXPECT_EQ(*answer.metrics[0].value, 270);
  EXPECT_TRUE(*answer.active);
}

TEST_F(TriggerAnswerTest, TellsStepsByTheSizeThatTheyAskForOverOne) {
  MetricSpec alarm = Metric("latency");
  alarm.step = StepSpec{};
  MetricOutcome outcome = Number(3);
  outcome.proposal = 9;
  Add(alarm, outcome);
  const TriggerAnswer answer = Answer();
  EXPECT_EQ(answer.metrics[0].target, 1);
  EXPECT_EQ(*answer.metrics[0].value, 9);
}

TEST_F(TriggerAnswerTest, TellsWhatStandsInByItsProposal) {
  MetricOutcome last_good;
  last_good.proposal = 4;
  last_good.stood_in = true;
  Add(Metric("depth"), last_good);
  EXPECT_EQ(*Answer().metrics[0].value, 40);
}

TEST_F(TriggerAnswerTest, DrivesWithTheDecidedSizeOverOne) {
  Add(Metric("depth"), Number(100));
  const TriggerAnswer answer = Answer({"worker", "", true});
  ASSERT_EQ(answer.metrics.size(), 1U);
  EXPECT_EQ(answer.metrics[0].name, "replicas");
  EXPECT_EQ(answer.metrics[0].target, 1);
  EXPECT_EQ(*answer.metrics[0].value, 7);
  EXPECT_TRUE(*answer.active);
  decision_.desired = 0;
  EXPECT_FALSE(*Answer({"worker", "", true}).active);
  decision_.known = false;  // Held, which is no decision to follow.
  EXPECT_FALSE(Answer({"worker", "", true}).metrics[0].value);
}

TEST_F(TriggerAnswerTest, TellsSpecsButNoValuesBeforeTheFirstEvaluation) {
  Add(Metric("depth"), Number(100));
  BoardEntry entry = Entry();
  entry.decision = nullptr;
  entry.decided = nullptr;
  const auto answer = AnswerOf({"worker", "", false}, entry);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->metrics[0].target, 10);
  EXPECT_EQ(answer->metrics[0].value.error().message, "not evaluated yet");
  EXPECT_EQ(answer->active.error().message, "not evaluated yet");
}

TEST_F(TriggerAnswerTest, SaysWhyMetricsWereNotAsked) {
  Add(Metric("depth"), Number(100));
  decision_.metrics.clear();
  const auto why = [this] { return Answer().active.error().message; };
  EXPECT_THAT(why(), HasSubstr("has not asked"));
  view_.scale.spec_replicas = 60;
  EXPECT_THAT(why(), HasSubstr("outside the object's 1 to 50"));
  view_.scale.spec_replicas = 0;
  EXPECT_THAT(why(), HasSubstr("idleReplicas"));
  view_.conflict = "HorizontalPodAutoscaler keda-hpa-worker";
  EXPECT_THAT(why(), HasSubstr("keda-hpa-worker has this target"));
  view_.scale.status = ScaleStatus::kNotFound;
  EXPECT_THAT(why(), HasSubstr("size is not known"));
  spec_.mode = Mode::kPaused;
  EXPECT_THAT(why(), HasSubstr("paused"));
}

TEST_F(TriggerAnswerTest, IsTooOldAfterThreePeriodsAndAGrace) {
  Add(Metric("depth"), Number(100));
  const TriggerAnswer answer = Answer();
  EXPECT_TRUE(CheckAge(answer, kNow + seconds(25)));
  EXPECT_FALSE(CheckAge(answer, kNow + seconds(26)));
  EXPECT_TRUE(CheckAge(TriggerAnswer{}, kNow));
}

}  // namespace
}  // namespace hpaplus::api
