// What applying a file would change: against another file, a recording and a demand.

#include "engine/rehearse/plan.h"

#include <functional>
#include <sstream>

#include <fmt/core.h>
#include <gmock/gmock.h>

#include "engine/app/commands.h"
#include "engine/app/rehearse_files.h"
#include "engine/rehearse/spec_settings.h"
#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus {
namespace {

using app::PlanOptions;
using rehearse::DiffFields;
using rehearse::FieldChange;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::OfTen;
using testing::RoundsOf;
using testing::SegmentOf;
using testing::Spec;
using testing::Waves;

// "~ a.b 1 -> 2"
std::vector<std::string> Diff(const std::string& before, const std::string& after) {
  const auto fields = DiffFields(before, after);
  if (!fields) return {fields.error().message};
  std::vector<std::string> lines;
  for (const FieldChange& field : *fields) {
    constexpr const char* kSigns[] = {"+", "-", "~"};
    lines.push_back(fmt::format("{} {} {} -> {}", kSigns[static_cast<std::size_t>(field.kind)],
                                field.path, field.before, field.after));
  }
  return lines;
}

TEST(DiffFields, NamesWhatWasAddedRemovedAndChanged) {
  EXPECT_THAT(Diff(R"({"a":{"b":1,"c":2},"d":[1]})", R"({"a":{"b":3},"d":[1,2],"e":{"f":true}})"),
              ElementsAre("~ a.b 1 -> 3", "- a.c 2 -> ", "+ d[1]  -> 2", "+ e.f  -> true"));
  EXPECT_THAT(Diff(R"({"a":[1,2]})", R"({"a":[1]})"), ElementsAre("- a[1] 2 -> "));
  EXPECT_THAT(Diff(R"({"a":{}})", R"({"a":[]})"), ElementsAre("~ a {} -> []"));
  EXPECT_THAT(Diff(R"({"a":null})", R"({})"), ElementsAre("- a null -> "));
}

TEST(DiffFields, CallsElementsByTheirNames) {
  EXPECT_THAT(Diff(R"({"m":[{"name":"a","x":1},{"name":"b","x":1}]})",
                   R"({"m":[{"name":"b","x":2},{"name":"c","x":1}]})"),
              ElementsAre(R"(- m[a] {"name":"a","x":1} -> )", "~ m[b].x 1 -> 2",
                          R"(+ m[c]  -> {"name":"c","x":1})"));
  EXPECT_THAT(Diff(R"({"m":[{"name":"a"},{"name":"b"}]})", R"({"m":[{"name":"b"},{"name":"a"}]})"),
              ElementsAre(R"(~ m (order) ["a","b"] -> ["b","a"])"));
  EXPECT_THAT(Diff(R"({"m":[{"resource":{"name":"cpu","t":1}}]})",
                   R"({"m":[{"resource":{"name":"cpu","t":2}}]})"),
              ElementsAre("~ m[cpu].resource.t 1 -> 2"));
  EXPECT_THAT(Diff(R"({"m":[{"name":"a","x":1},{"name":"a"}]})", R"({"m":[{"name":"a"}]})"),
              ElementsAre("- m[0].x 1 -> ", R"(- m[1] {"name":"a"} -> )"))
      << "two of one name go by their places";
}

TEST(DiffFields, TakesANumberForItsText) {
  EXPECT_THAT(Diff(R"({"a":"120","b":7})", R"({"a":120,"b":"7"})"), IsEmpty());
  EXPECT_THAT(Diff(R"({"a":"1"})", R"({"a":true})"), ElementsAre(R"(~ a "1" -> true)"));
}

TEST(DiffFields, LooksAtNothingOfTheServers) {
  const std::string served = R"({"metadata":{"name":"x","uid":"u","resourceVersion":"1",
      "generation":3,"creationTimestamp":"t","managedFields":[],"annotations":{
      "kubectl.kubernetes.io/last-applied-configuration":"{}"}},"status":{"a":1}})";
  EXPECT_THAT(Diff(served, R"({"metadata":{"name":"x"}})"), IsEmpty());
  EXPECT_THAT(Diff(R"({"metadata":{"annotations":{"a":"1"}}})", R"({"metadata":{}})"),
              ElementsAre(R"(- metadata.annotations.a "1" -> )"));
  EXPECT_THAT(Diff(R"({"metadata":[]})", R"({"metadata":[]})"), IsEmpty());
}

TEST(DiffFields, RefusesWhatIsNoJson) {
  EXPECT_THAT(Diff("{", "{}"), ::testing::SizeIs(1));
  EXPECT_FALSE(DiffFields("{", "{}"));
  EXPECT_FALSE(DiffFields("{}", ""));
}

TEST(SpecSettings, DifferWhereObjectsDo) {
  const WorkloadSpec spec = Spec();
  WorkloadSpec other = spec;
  other.uid = "another";
  other.generation = 7;
  EXPECT_TRUE(rehearse::MeanTheSame(spec, other));
  EXPECT_EQ(rehearse::SettingsJson(spec), rehearse::SettingsJson(other));
  other.behavior->scale_down.elasticity = testing::Q("0.5");
  other.metrics[0].stale_after = seconds(5);
  other.fallback.emplace();
  EXPECT_FALSE(rehearse::MeanTheSame(spec, other));
  EXPECT_THAT(
      Diff(rehearse::SettingsJson(spec), rehearse::SettingsJson(other)),
      ElementsAre(R"(~ spec.metrics[load].validity.staleAfter "1m30s" -> "5s")",
                  R"(+ spec.behavior.scaleDown.elasticity  -> "500m")",
                  "+ spec.fallback.afterFailures  -> 3",
                  R"(+ spec.fallback.afterDuration  -> "0s")",
                  R"(+ spec.fallback.behavior  -> "Hold")", "+ spec.fallback.replicas  -> 0"));
}

// Whatever the codec knows is a setting: else a plan would be silent about it.
TEST(SpecSettings, KnowAllThatAnObjectHas) {
  const std::vector<std::function<void(WorkloadSpec&)>> edits = {
      [](auto& spec) { spec.mode = Mode::kDryRun; },
      [](auto& spec) { spec.period = seconds(2); },
      [](auto& spec) { spec.timeout = std::chrono::milliseconds(500); },
      [](auto& spec) { spec.target.name = "b"; },
      [](auto& spec) { spec.min_replicas = 2; },
      [](auto& spec) { spec.metrics[0].role = MetricRole::kGuard; },
      [](auto& spec) { spec.metrics[0].query = "q"; },
      [](auto& spec) { spec.metrics[0].source.kind = "ClusterMetricSource"; },
      [](auto& spec) { spec.metrics[0].smoothing->function = SmoothingFunction::kEwma; },
      [](auto& spec) { spec.metrics[0].weight = testing::Q("2"); },
      [](auto& spec) {
        spec.metrics[0].queue = QueueSpec{"b", seconds(9)};
      },
      [](auto& spec) { spec.metrics[0].step.emplace(); },
      [](auto& spec) { spec.metrics[0].policy = "p"; },
      [](auto& spec) { spec.metrics[0].thresholds.scale_up = testing::Q("2"); },
      [](auto& spec) { spec.metrics[0].validity.max = testing::Q("2"); },
      [](auto& spec) { spec.metrics[0].validity.on_missing = OnMissing::kZero; },
      [](auto& spec) { spec.metrics[0].validity.max_step_ratio = testing::Q("2"); },
      [](auto& spec) { spec.metrics[0].activation_threshold = testing::Q("2"); },
      [](auto& spec) { spec.metrics[0].target.value = testing::Q("2"); },
      [](auto& spec) { spec.behavior.reset(); },
      [](auto& spec) { spec.behavior->scale_up.select_policy = SelectPolicy::kMin; },
      [](auto& spec) { spec.behavior->scale_up.policies.clear(); },
      [](auto& spec) { spec.behavior->scale_up.tolerance = testing::Q("0"); },
      [](auto& spec) { spec.behavior->scale_up.confirmations = 3; },
      [](auto& spec) { spec.behavior->scale_up.stabilization_window_seconds = 3; },
      [](auto& spec) { spec.burst.emplace(); },
      [](auto& spec) { spec.combine.strategy = CombineStrategy::kMin; },
      [](auto& spec) { spec.rollout.emplace(); },
      [](auto& spec) { spec.idle.emplace(); },
      [](auto& spec) { spec.safety.max_reversals_per_hour = 3; },
      [](auto& spec) { spec.safety.max_scale_down_percent_per_hour = 3; },
      [](auto& spec) { spec.safety.allow_scale_to_zero = true; },
      [](auto& spec) { spec.safety.require_fresh_for_scale_down = false; },
      [](auto& spec) { spec.frozen_until = Timestamp::max(); },
      [](auto& spec) {
        ScheduleSpec schedule;
        schedule.name = "night";
        schedule.zone = *TimeZone::Load("UTC");
        schedule.start = *ParseCron("30 22 * * 1-5");
        schedule.duration = std::chrono::hours(1);
        spec.schedules = {schedule};
      }};
  for (std::size_t i = 0; i < edits.size(); ++i) {
    WorkloadSpec edited = Spec();
    edits[i](edited);
    EXPECT_FALSE(rehearse::MeanTheSame(Spec(), edited)) << "edit " << i;
    EXPECT_NE(rehearse::SettingsJson(Spec()), rehearse::SettingsJson(edited)) << "edit " << i;
  }
  WorkloadSpec night = Spec();
  edits.back()(night);
  EXPECT_THAT(rehearse::SettingsJson(night), HasSubstr(R"("start": "30 22 * * 1,2,3,4,5")"));
}

// The figures are those of the run itself.
TEST(PastFigures, AgreeWithTheScores) {
  const rehearse::Trace trace = Waves(3600);
  const auto run = rehearse::RunEngine("it", Spec(), trace, OfTen(), policies::MakeBuiltinPolicies,
                                       testing::kStart);
  const rehearse::Situation situation(trace, OfTen());
  const auto all = FiguresOf(situation, run, 0);
  EXPECT_DOUBLE_EQ(all.seconds, run.scores.seconds);
  EXPECT_NEAR(all.replica_hours, run.scores.replica_hours, 1e-9);
  EXPECT_NEAR(all.short_seconds, run.scores.under_provisioned_time_share * run.scores.seconds,
              1e-6);
  EXPECT_GT(all.short_seconds, 0) << "else nothing was compared";
  EXPECT_NEAR(all.worst_minute_share, run.scores.worst_minute, 1e-9);
  EXPECT_EQ(all.changes, run.scores.changes);
  const auto end = FiguresOf(situation, run, 3000);
  EXPECT_DOUBLE_EQ(end.seconds, all.seconds - 3000);
  EXPECT_LT(end.changes, all.changes);
}

TEST(PastFigures, FindTheWorstMinuteAndQuickReversals) {
  const auto trace =
      rehearse::Trace::FromCsv("t_seconds,value\n0,10\n600,50\n630,10\n1200,10\n1800,10\n");
  ASSERT_TRUE(trace);
  rehearse::RunOptions options;
  options.plant = {10, seconds(5), 1};
  rehearse::PolicyRun run;
  run.initial = 1;
  run.changes = {{605, 1, 5}, {640, 5, 4}, {941, 4, 5}, {1240, 5, 1}};
  const rehearse::Situation situation(*trace, options);
  const auto figures = FiguresOf(situation, run, 0);
  EXPECT_DOUBLE_EQ(figures.short_seconds, 10) << "600 s to 610 s";
  EXPECT_DOUBLE_EQ(figures.worst_minute_seconds, 550);
  EXPECT_NEAR(figures.worst_minute_share, 40.0 / (50 + 50), 1e-9);
  EXPECT_EQ(figures.changes, 4);
  EXPECT_EQ(figures.quick_reversals, 2) << "after 35 s and 299 s, not after 301 s";
  EXPECT_EQ(FiguresOf(situation, run, 700).changes, 2);
  EXPECT_EQ(FiguresOf(situation, run, 700).short_seconds, 0);
}

struct Outcome {
  int code = 0;
  std::string out;
  std::string err;
};

class PlanCommand : public ::testing::Test {
 protected:
  static Outcome Call(const PlanOptions& options) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = app::Plan(options, out, err);
    return {code, out.str(), err.str()};
  }
  // The recorded object as somebody would have written it.
  std::string File(const std::string& name, int target, const std::string& more = "") {
    return dir_.Write(name, fmt::format(R"(apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {{name: web, namespace: shop}}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}
  maxReplicas: 100
  evaluation: {{period: 1s, timeout: 1s}}
  metrics:
  - name: load
    type: Source
    source:
      ref: {{name: prometheus}}
      query: load
      target: {{type: AverageValue, averageValue: "{}"}}
    smoothing: {{window: 30s}}
{})",
                                        target, more));
  }
  std::string Recording(const std::string& file, int length = 1200) {
    const auto spec = app::ReadSpec(file);
    EXPECT_TRUE(spec) << spec.error().message;
    std::vector<Round> rounds = RoundsOf(*spec, length);
    // A rehearsal has queries of its own.
    const auto recorded = std::make_shared<const WorkloadSpec>(*spec);
    for (Round& round : rounds) {
      auto view = std::make_shared<WorkloadView>(*round.view);
      view->spec = recorded;
      round.view = std::move(view);
    }
    return dir_.Write("it.hpar", SegmentOf(rounds));
  }
  PlanOptions Against(const std::string& planned, const std::string& old) {
    PlanOptions options;
    options.files = {planned};
    options.against = old;
    return options;
  }

  test::TempDir dir_;
};

TEST_F(PlanCommand, ComparesTwoFiles) {
  PlanOptions options = Against(File("new.yaml", 12), File("old.yaml", 10));
  const Outcome plain = Call(options);
  EXPECT_EQ(plain.code, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("~ spec.metrics[load].source.target.averageValue"));
  EXPECT_THAT(plain.out, HasSubstr(R"("10" -> "12")"));
  EXPECT_THAT(plain.out, HasSubstr("1 to change."));
  options.exit_code = true;
  EXPECT_EQ(Call(options).code, 2);
  options.files = {options.against};
  const Outcome none = Call(options);
  EXPECT_EQ(none.code, 0);
  EXPECT_THAT(none.out, HasSubstr("Nothing to change."));
  options.files = {File("more.yaml", 10, "  mode: Active\n")};
  EXPECT_THAT(Call(options).out, HasSubstr("which means the same"));
}

TEST_F(PlanCommand, PrintsWhatTheDocumentShows) {
  const std::string root = HPAPLUS_SOURCE_DIR "/";
  PlanOptions options =
      Against(root + "examples/plan/web.yaml", root + "examples/simulate/web.yaml");
  options.trace_file = root + "examples/simulate/day.csv";
  options.capacity_per_replica = 20;
  std::string printed = Call(options).out;
  printed.erase(printed.find(root), root.size());
  const Result<std::string> document = app::ReadFile(root + "docs/plan.md");
  ASSERT_TRUE(document);
  EXPECT_THAT(*document, HasSubstr("```\n" + printed + "```\n"));
}

TEST_F(PlanCommand, TakesAnObjectAsAServerGivesIt) {
  const std::string file = File("old.yaml", 10);
  std::string served = *app::ReadFile(file) + "status: {currentReplicas: 3, desiredReplicas: 3}\n";
  served.replace(served.find("{name: web,"), 1, "{uid: u, resourceVersion: '9', generation: 4, ");
  const Outcome outcome = Call(Against(file, dir_.Write("served.yaml", served)));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("Nothing to change."));
}

TEST_F(PlanCommand, ANewObjectIsAChange) {
  PlanOptions options = Against(File("new.yaml", 12), "");
  options.exit_code = true;
  const Outcome outcome = Call(options);
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.out, HasSubstr("+ shop/web (HPAPlus), a new object"));
  options.format = app::ReportFormat::kJson;
  EXPECT_THAT(Call(options).out, HasSubstr(R"("action": "create")"));
}

TEST_F(PlanCommand, ReadsTheOldObjectFromARecording) {
  PlanOptions options = Against(File("new.yaml", 20), "");
  options.recording = Recording(File("old.yaml", 10));
  const Outcome outcome = Call(options);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("spec.metrics[load].target.averageValue"));
  EXPECT_THAT(outcome.out, HasSubstr(R"("10" -> "20")"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("maxReplicas")));
  EXPECT_THAT(outcome.out, HasSubstr("Effect at the last decision, "));
  EXPECT_THAT(outcome.out, HasSubstr("with --capacity-per-replica only"));
}

TEST_F(PlanCommand, DecidesTheLastDecisionAgain) {
  const std::string old = File("old.yaml", 10);
  const auto last = [&](const std::string& file) {
    const auto planned = app::ReadSpec(file);
    const auto decided =
        rehearse::DecideLastAgain(Recording(old), *planned, policies::MakeBuiltinPolicies);
    EXPECT_TRUE(decided) << decided.error().message;
    return decided ? decided->effect : rehearse::NowEffect();
  };
  const auto same = last(old);
  EXPECT_TRUE(same.known);
  EXPECT_EQ(same.after, same.before);
  const auto fixed = last(File("fixed.yaml", 10, "  minReplicas: 90\n"));
  EXPECT_EQ(fixed.after, 90);
  EXPECT_TRUE(fixed.acts);
  EXPECT_EQ(fixed.before, same.before);
  const auto other = last(File("other.yaml", 10, "  mode: DryRun\n  minReplicas: 90\n"));
  EXPECT_FALSE(other.acts);
  std::string text = *app::ReadFile(old);
  text.replace(text.find("query: load"), 11, "query: other");
  const auto unmeasured = last(dir_.Write("query.yaml", text));
  EXPECT_THAT(unmeasured.unmeasured, ElementsAre("load"));
  EXPECT_FALSE(unmeasured.known);
  EXPECT_EQ(unmeasured.after, unmeasured.current);
}

TEST_F(PlanCommand, RehearsesThePastOfARecordingAndWarns) {
  PlanOptions options = Against(File("new.yaml", 20), "");
  options.recording = Recording(File("old.yaml", 8), 3600);
  options.capacity_per_replica = 10;
  options.over = std::chrono::minutes(30);
  const Outcome outcome = Call(options);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* text :
       {"Over 30m0s, ", "closed loop, 10 per replica", "replica-hours", "under capacity",
        "worst minute lacks", "reversals < 5 min",
        "min more under capacity; the worst minute begins at ", "found again in the metric load"})
    EXPECT_THAT(outcome.out, HasSubstr(text));
  options.format = app::ReportFormat::kJson;
  EXPECT_THAT(Call(options).out, HasSubstr(R"("loop": "closed")"));
  options.format = app::ReportFormat::kHtml;
  const std::string page = Call(options).out;
  for (const char* text : {"Plan of shop/web", "as planned would have used",
                           "As it is: ", "Warning: ", "\"tone\":\"bad\"", "spec.metrics[load]"})
    EXPECT_THAT(page, HasSubstr(text));
  options.metric = "other";
  EXPECT_EQ(Call(options).code, 1);
}

TEST_F(PlanCommand, RehearsesWhatIsFrozenOrDoesNotWrite) {
  const std::string old = File("old.yaml", 10);
  const std::string frozen = dir_.Write("frozen.yaml", [&] {
    std::string text = *app::ReadFile(old);
    const std::string name = "{name: web,";
    return text.replace(text.find(name), name.size(),
                        "{annotations: {hpaplus.io/freeze: 'true'}, name: web,");
  }());
  PlanOptions options = Against(frozen, old);
  options.trace_file = HPAPLUS_SOURCE_DIR "/examples/simulate/day.csv";
  options.capacity_per_replica = 20;
  const Outcome cold = Call(options);
  EXPECT_THAT(cold.out, HasSubstr("note: it is frozen: "));
  EXPECT_THAT(cold.out, Not(HasSubstr("under capacity;"))) << "it was followed all the same";
  options.files = {File("dry.yaml", 10, "  mode: DryRun\n")};
  EXPECT_THAT(Call(options).out, HasSubstr("note: its mode is not Active: "));
}

TEST_F(PlanCommand, WarnsOfWhatCostsMore) {
  PlanOptions options = Against(File("new.yaml", 5), File("old.yaml", 10));
  options.trace_file = HPAPLUS_SOURCE_DIR "/examples/simulate/day.csv";
  options.capacity_per_replica = 20;
  const Outcome outcome = Call(options);
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("% more replica-hours\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("more under capacity")));
  EXPECT_THAT(outcome.out, HasSubstr("the demand is shorter than 24h0m0s"));
  options.files = {options.against};
  EXPECT_THAT(Call(options).out, Not(HasSubstr("!"))) << "the same object makes nothing worse";
}

TEST_F(PlanCommand, SaysWhatItCannotDo) {
  PlanOptions options = Against(dir_.Write("bad.yaml", "kind: [\n"), "");
  const Outcome bad = Call(options);
  EXPECT_EQ(bad.code, 65);
  EXPECT_THAT(bad.err, HasSubstr("hpaplus plan: "));
  EXPECT_THAT(bad.err, HasSubstr("bad.yaml:"));
  options.files = {dir_.path() + "/none.yaml"};
  EXPECT_EQ(Call(options).code, 1);
  options.files = {File("new.yaml", 10)};
  options.against = HPAPLUS_SOURCE_DIR "/examples/test/checkout.yaml";
  const Outcome other = Call(options);
  EXPECT_EQ(other.code, 65);
  EXPECT_THAT(other.err, HasSubstr("has shop/checkout, and "));
  options.against = dir_.path() + "/none.yaml";
  EXPECT_EQ(Call(options).code, 1);
  options.against.clear();
  options.capacity_per_replica = 10;
  EXPECT_EQ(Call(options).code, 64);
  options.capacity_per_replica = 0;
  options.format = app::ReportFormat::kHtml;
  EXPECT_EQ(Call(options).code, 64) << "a page has nothing to draw";
  options.format = app::ReportFormat::kTable;
  options.capacity_per_replica = 10;
  options.trace_file = dir_.Write("bad.csv", "t_seconds,value\n0,-1\n");
  const Outcome trace = Call(options);
  EXPECT_EQ(trace.code, 65);
  EXPECT_THAT(trace.err, HasSubstr("bad.csv: line 2"));
}

TEST_F(PlanCommand, RefusesADamagedRecordingAndOneOfOthers) {
  PlanOptions options = Against(File("new.yaml", 10), "");
  std::string bytes = SegmentOf(RoundsOf(Spec(), 60));
  bytes[bytes.size() / 2] ^= 4;
  options.recording = dir_.Write("bad.hpar", bytes);
  const Outcome bad = Call(options);
  EXPECT_EQ(bad.code, 65);
  EXPECT_THAT(bad.err, HasSubstr("bad.hpar: the frame at offset "));
  options.recording = dir_.path() + "/none.hpar";
  EXPECT_EQ(Call(options).code, 1);
  WorkloadSpec other = Spec();
  other.name = "other";
  options.recording = dir_.Write("other.hpar", SegmentOf(RoundsOf(other, 60)));
  const Outcome none = Call(options);
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("there is no decision of shop/web"));
}

}  // namespace
}  // namespace hpaplus
