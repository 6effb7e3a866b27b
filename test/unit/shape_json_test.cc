#include "engine/model/shape_json.h"

#include <gtest/gtest.h>

#include "engine/model/spec_json.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using namespace std::chrono_literals;

// A workload with two metrics; `more` goes into its spec, `metric` into the first metric.
Result<WorkloadSpec> Parse(const std::string& more, const std::string& metric = "") {
  const std::string comma = more.empty() ? "" : ",";
  return ParseWorkload(
      R"({"metadata":{"name":"web"},"spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},)"
      R"("minReplicas":2,"maxReplicas":50,"metrics":[{"name":"rps","type":"Source","source":)"
      R"({"ref":{"name":"p"},"query":"q","target":{"type":"AverageValue","averageValue":"9"}})" +
      metric +
      R"(},{"name":"waiting","type":"Source","source":{"ref":{"name":"p"},"query":"w",)"
      R"("target":{"type":"Value","value":"1"}}}])" +
      comma + more + "}}");
}

std::string Problem(const std::string& more, const std::string& metric = "") {
  const auto spec = Parse(more, metric);
  return spec ? "none" : spec.error().message;
}

TEST(ReadShape, LeavesEverythingOutThatIsAbsent) {
  const auto spec = Parse("");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->burst, std::nullopt);
  EXPECT_EQ(spec->combine, CombineSpec());
  EXPECT_TRUE(spec->schedules.empty());
  EXPECT_EQ(spec->rollout, std::nullopt);
  EXPECT_EQ(spec->metrics[0].smoothing, std::nullopt);
  EXPECT_EQ(spec->metrics[0].queue, std::nullopt);
  EXPECT_EQ(spec->metrics[0].step, std::nullopt);
}

TEST(ReadShape, ReadsWhatIsThereAndDefaultsTheRest) {
  const auto spec =
      Parse(R"("burst":{"capacity":"ReadyAndStarting"},"rollout":{"extraPercentMost":25},)"
            R"j("combine":{"strategy":"Formula","formula":"max(rps, waiting / 2)"},)j"
            R"("schedules":[{"name":"sale","timeZone":"Europe/Berlin","start":"0 18 * * 5",)"
            R"("duration":"4h","minReplicas":40,"rampUp":"30m","excludeDates":["2026-12-25"]}])",
            R"(,"smoothing":{"window":"30s"},"weight":"2","queue":{"backlog":"waiting"})");
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->burst, (BurstSpec{seconds(60), 10, 200, BurstCapacity::kStarting}));
  EXPECT_EQ(spec->rollout, (RolloutSpec{RolloutMode::kWait, minutes(30), 25}));
  EXPECT_EQ(spec->combine.strategy, CombineStrategy::kFormula);
  ASSERT_TRUE(spec->combine.formula);
  EXPECT_EQ(spec->combine.formula->text(), "max(rps, waiting / 2)");
  const MetricSpec& metric = spec->metrics[0];
  EXPECT_EQ(metric.smoothing, (Smoothing{seconds(30), SmoothingFunction::kAverage}));
  EXPECT_EQ(metric.queue, (QueueSpec{"waiting", seconds(60)}));
  ASSERT_TRUE(metric.weight);
  EXPECT_EQ(metric.weight->AsDouble(), 2);
  ASSERT_EQ(spec->schedules.size(), 1U);
  const ScheduleSpec& schedule = spec->schedules[0];
  EXPECT_EQ(schedule.zone->name(), "Europe/Berlin");
  EXPECT_EQ(schedule.duration, hours(4));
  EXPECT_EQ(schedule.min_replicas, 40);
  EXPECT_EQ(schedule.max_replicas, std::nullopt);
  EXPECT_EQ(schedule.ramp_up, minutes(30));
  EXPECT_EQ(schedule.exclude_dates, std::vector{2026y / 12 / 25});
  EXPECT_EQ(Parse("", R"(,"step":{})")->metrics[0].step, (StepSpec{1, 0, seconds(60)}));
}

TEST(ReadShape, NamesThePlaceOfWhatMakesNoSense) {
  const auto schedule = [](const std::string& fields) {
    return R"("schedules":[{"name":"x","start":"0 0 * * *","duration":"1h","minReplicas":3)" +
           fields + "}]";
  };
  struct Case {
    std::string more;
    std::string metric;
    const char* problem;
  };
  const Case cases[] = {
      {R"j("combine":{"strategy":"Formula","formula":"max(rps, cpu)"})j", "",
       "spec.combine.formula is unusable: formula: column 10: there is no metric \"cpu\""},
      {R"("combine":{"strategy":"Formula"})", "", "spec.combine has a formula without"},
      {R"("combine":{"formula":"rps"})", "", "spec.combine has a formula without"},
      {R"("combine":{"strategy":"Median"})", "", "spec.combine.strategy is \"Median\""},
      {schedule(R"(,"timeZone":"Mars/Olympus")"), "",
       "spec.schedules[0].timeZone is unusable: time zone: there is no \"Mars/Olympus\""},
      {R"("schedules":[{"name":"x","start":"0 24 * * *","duration":"1h","minReplicas":3}])", "",
       "spec.schedules[0].start is unusable: cron: \"24\" is no hour"},
      {R"("schedules":[{"name":"x","start":"0 0 * * *","minReplicas":3}])", "",
       "spec.schedules[0].duration is missing"},
      {R"("schedules":[{"name":"x","start":"0 0 * * *","duration":"1h"}])", "",
       "spec.schedules[0] has neither"},
      {schedule(R"(,"maxReplicas":2)"), "", "spec.schedules[0].minReplicas exceeds maxReplicas"},
      {schedule(R"(,"rampUp":"50m","rampDown":"11m")"), "", "spec.schedules[0] has ramps"},
      {schedule(R"(,"excludeDates":["2026-02-30"])"), "",
       "spec.schedules[0].excludeDates[0] is no date"},
      {schedule(R"(,"includeDates":["2026-2-3"])"), "",
       "spec.schedules[0].includeDates[0] is no date"},
      {R"("rollout":{"mode":"Maybe"})", "", "spec.rollout.mode is \"Maybe\""},
      {"", R"(,"queue":{"backlog":"nothing"})", "spec.metrics has no other \"nothing\""},
      {"", R"(,"queue":{"backlog":"rps"})", "spec.metrics has no other \"rps\""},
      {"", R"(,"smoothing":{})", "spec.metrics[0].smoothing.window is missing"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.more + c.metric);
    EXPECT_NE(Problem(c.more, c.metric).find(c.problem), std::string::npos)
        << Problem(c.more, c.metric);
  }
}

TEST(ReadShape, RefusesTwoSchedulesOfOneName) {
  const std::string one = R"({"name":"x","start":"0 0 * * *","duration":"1h","minReplicas":3})";
  EXPECT_NE(Problem(R"("schedules":[)" + one + "," + one + "]")
                .find("spec.schedules[1].name is there a second time"),
            std::string::npos);
}

}  // namespace
}  // namespace hpaplus
