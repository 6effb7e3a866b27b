// The search as a whole on a small demand: what it finds depends on its seed and on how many
// policies it may try, never on threads or on having been interrupted.
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <tuple>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/eval/thread_executor.h"
#include "engine/model/yaml_json.h"
#include "engine/rehearse/tune_report.h"
#include "engine/rehearse/tuning.h"
#include "policies/builtin.h"
#include "test/support/manual_clock.h"
#include "test/support/temp_dir.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::seconds;

// Eight hours with a wave and a burst every quarter of an hour.
Trace Waves() {
  std::string text = "t_seconds,value\n";
  for (int t = 0; t < 28'800; t += 15) {
    const double wave = 200 + 100 * std::sin(t / 600.0);
    text += fmt::format("{},{}\n", t, t % 900 < 90 ? wave * 1.8 : wave);
  }
  auto trace = Trace::FromCsv(text);
  EXPECT_TRUE(trace);
  return *trace;
}

Trace PerStep(const std::vector<double>& values, int step) {
  std::string text = "t_seconds,value\n";
  for (std::size_t i = 0; i < values.size(); ++i)
    text += fmt::format("{},{}\n", i * static_cast<std::size_t>(step), values[i]);
  auto trace = Trace::FromCsv(text);
  EXPECT_TRUE(trace);
  return *trace;
}

std::string Object() {
  const auto documents = ParseYaml(R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 100
  metrics:
  - type: Source
    source: {ref: {name: p}, query: q, target: {type: AverageValue, averageValue: "7"}}
)");
  EXPECT_TRUE(documents);
  return documents->front().json;
}

// Ten days by the hour: day and night, with sudden hours.
Trace Hours() {
  Random random(12);
  std::vector<double> values;
  for (int hour = 0; hour < 10 * 24; ++hour) {
    const double day = 500 - 350 * std::cos(hour * 2 * std::numbers::pi / 24);
    values.push_back(day * (0.85 + 0.3 * random.Uniform()) * (random.Chance(0.04) ? 0.5 : 1));
  }
  return PerStep(values, 3600);
}

// Eight hours of calls that come for some minutes every half an hour, and of none in between.
Trace Calls() {
  Random random(13);
  std::vector<double> values;
  for (int minute = 0; minute < 480; ++minute) {
    const bool calls = minute % 30 < 4 && random.Chance(0.9);
    values.push_back(calls ? 200 + 600 * random.Uniform() : 20 * random.Uniform());
  }
  return PerStep(values, 60);
}

class TuneTest : public ::testing::Test {
 protected:
  Result<TuneResult> Tune(std::size_t candidates, Executor& executor, TuneState* state = nullptr,
                          const std::stop_token& stop = {}) {
    return TuneFor(trace_, candidates, executor, state, stop);
  }

  Result<TuneResult> TuneFor(const Trace& trace, std::size_t candidates, Executor& executor,
                             TuneState* state = nullptr, const std::stop_token& stop = {}) {
    TuneOptions options;
    options.run.plant = {10, seconds(30), 0};
    options.objective = *Objective::Parse(Objective::kDefault);
    options.seed = 7;
    options.candidates = candidates;
    Tuning tuning({spec_, space_, trace, policies_, executor, clock_, state,
                   [this](const TuneProgress& progress) { progress_.push_back(progress.tried); }},
                  options);
    return tuning.Run(stop);
  }

  static std::string Json(const Result<TuneResult>& result, const SearchSpace& space) {
    EXPECT_TRUE(result);
    TuneReport report;
    report.result = *result;
    report.result.resumed = 0;
    return TuneJson(report, space);
  }

  test::ManualClock clock_{Timestamp()};
  const std::string json_ = Object();
  const SearchSpace space_ = *SearchSpace::Create(json_, 10);
  const WorkloadSpec spec_ = *space_.Spec({});
  const Trace trace_ = Waves();
  const PolicyFactory policies_ = policies::MakeBuiltinPolicies;
  SerialExecutor serial_;
  std::vector<std::size_t> progress_;
};

TEST_F(TuneTest, FindsAPolicyThatIsBetterWhereItHasNotLooked) {
  const auto result = Tune(600, serial_);
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->chosen);
  EXPECT_GE(result->tried.size(), 600U);
  EXPECT_TRUE(result->meets);
  EXPECT_TRUE(result->better) << TuneVerdict({.result = *result});
  EXPECT_EQ(result->sensitivity.size(), space_.knobs().size());
  EXPECT_FALSE(progress_.empty());
}

TEST_F(TuneTest, IsATenthBetterThanTheHpaOnSuddenDemandsThatItHasNotSeen) {
  for (const auto& [name, trace, candidates] :
       {std::tuple("hours", Hours(), 160U), std::tuple("calls", Calls(), 256U)}) {
    SCOPED_TRACE(name);
    const auto result = TuneFor(trace, candidates, serial_);
    ASSERT_TRUE(result && result->chosen);
    EXPECT_GT(result->hpa.aside.scores.under_provisioned_time_share, 0);
    EXPECT_TRUE(result->better) << TuneVerdict({.result = *result});
    const auto spec = space_.Spec(result->chosen->settings);
    ASSERT_TRUE(spec);
    RunOptions slow = result->aside->options();
    slow.plant.startup = seconds(45);
    const auto scores = [&](const WorkloadSpec& some) {
      return RunEngine("", some, result->aside->trace(), slow, policies_, Timestamp()).scores;
    };
    EXPECT_EQ(WorseBy(scores(*spec), scores(HpaDefault(spec_))), 0) << "where pods start slowly";
  }
}

TEST_F(TuneTest, ReportsWhatTheEngineSaysOfIt) {
  const auto result = Tune(64, serial_);
  ASSERT_TRUE(result && result->chosen);
  const auto spec = space_.Spec(result->chosen->settings);
  ASSERT_TRUE(spec);
  RunOptions run;
  run.plant = {10, seconds(30), 20};
  const Trace part = trace_.Slice(result->split.search_from, result->split.search_until);
  run.plant.initial = Plant(run.plant).Needed(part.points().front().value);
  const PolicyRun engine = RunEngine("it", *spec, part, run, policies_, Timestamp());
  EXPECT_EQ(engine.scores, result->chosen->search.plain);
}

TEST_F(TuneTest, FindsTheSameWithAnyNumberOfThreads) {
  ThreadExecutor threads(3);
  EXPECT_EQ(Json(Tune(160, serial_), space_), Json(Tune(160, threads), space_));
}

TEST_F(TuneTest, GoesOnWhereItWasStopped) {
  const test::TempDir dir;
  const std::string file = dir.path() + "/state";
  const std::string whole = Json(Tune(160, serial_), space_);
  {
    auto state = TuneState::Open(file, "key");
    ASSERT_TRUE(state);
    ASSERT_TRUE(Tune(96, serial_, &*state));
  }
  // A line that was cut off by a crash is tried again.
  std::string text;
  {
    std::ifstream in(file);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::ofstream(file) << text.substr(0, text.size() - 10);
  auto state = TuneState::Open(file, "key");
  ASSERT_TRUE(state) << state.error().message;
  const auto resumed = Tune(160, serial_, &*state);
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->resumed, 64U);
  EXPECT_EQ(Json(resumed, space_), whole);
}

TEST_F(TuneTest, SaysWhatItHasWhenItIsStopped) {
  std::stop_source stop;
  stop.request_stop();
  const auto result = Tune(160, serial_, nullptr, stop.get_token());
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->interrupted);
  EXPECT_FALSE(result->chosen);
  EXPECT_EQ(TuneVerdict({.result = *result}), "Nothing was tried, so nothing was found.");
}

TEST(TuneState, IsNotMistakenForAnother) {
  const test::TempDir dir;
  const std::string file = dir.path() + "/state";
  ASSERT_TRUE(TuneState::Open(file, "a"));
  const auto other = TuneState::Open(file, "b");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(TuneState::Open(file, "a"));
  for (const char* text : {"t_seconds,value\n", "{}\n", "[1]\n",
                           "{\"schema\":\"hpaplus.io/tune-state/v1\",\"key\":\"a\"}\n[[1]]\n"}) {
    std::ofstream(file) << text;
    const auto wrong = TuneState::Open(file, "a");
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().code, ErrorCode::kMalformedData);
  }
  EXPECT_FALSE(TuneState::Open(dir.path() + "/none/state", "a"));
}

TEST(SplitOf, KeepsTheLastDaysAside) {
  constexpr double kDay = 86'400;
  const Split week = SplitOf(7 * kDay);
  EXPECT_EQ(week.search_from, 0);
  EXPECT_EQ(week.search_until, 5 * kDay);
  const Split months = SplitOf(60.5 * kDay);
  EXPECT_EQ(months.search_until, 42 * kDay);
  EXPECT_EQ(months.search_from, 28 * kDay);
  const Split day = SplitOf(kDay);
  EXPECT_NEAR(day.search_until, 0.7 * kDay, 1e-6);
  EXPECT_EQ(day.seconds, kDay);
}

}  // namespace
}  // namespace hpaplus::rehearse
