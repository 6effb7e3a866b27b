#include "engine/model/spec_json.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "test/support/object_text.h"

namespace hpaplus {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Object;

const std::string kTarget = "scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 9";

WorkloadSpec Parse(const std::string& more) {
  const auto spec = ParseWorkload(Object("{" + kTarget + more + "}"));
  EXPECT_TRUE(spec) << spec.error().message;
  return spec ? *spec : WorkloadSpec();
}

std::string Problem(const std::string& more, const std::string& target = kTarget) {
  const auto spec = ParseWorkload(Object("{" + target + more + "}"));
  EXPECT_FALSE(spec) << more;
  return spec ? "" : spec.error().message;
}

TEST(ParseWorkload, DefaultsWhatIsAbsent) {
  const WorkloadSpec spec = Parse("");
  EXPECT_EQ(spec.ns, "shop");
  EXPECT_EQ(spec.name, "web");
  EXPECT_EQ(spec.uid, "u1");
  EXPECT_EQ(spec.generation, 7);
  EXPECT_EQ(spec.target, (ObjectRef{"apps/v1", "Deployment", "web"}));
  EXPECT_EQ(spec.min_replicas, 1);
  EXPECT_EQ(spec.max_replicas, 9);
  EXPECT_EQ(spec.mode, Mode::kActive);
  EXPECT_EQ(spec.period, seconds(15));
  EXPECT_EQ(spec.timeout, seconds(5));
  EXPECT_FALSE(spec.behavior);
  ASSERT_EQ(spec.metrics.size(), 1U);
  const MetricSpec& cpu = spec.metrics.front();
  EXPECT_EQ(cpu.name, "cpu");
  EXPECT_EQ(cpu.type, MetricType::kResource);
  EXPECT_EQ(cpu.resource, "cpu");
  EXPECT_EQ(cpu.target.type, TargetType::kUtilization);
  EXPECT_EQ(cpu.target.average_utilization, 80);
  EXPECT_EQ(cpu.stale_after, seconds(90));
}

TEST(ParseWorkload, TakesNullAsAbsent) {
  EXPECT_EQ(Parse(", minReplicas: null, mode: null, evaluation: null, metrics: null, "
                  "behavior: null"),
            Parse(""));
  EXPECT_EQ(Parse(", metrics: []"), Parse(""));
}

TEST(ParseWorkload, ReadsTheEvaluation) {
  const WorkloadSpec fast = Parse(", mode: DryRun, evaluation: {period: 1s}");
  EXPECT_EQ(fast.mode, Mode::kDryRun);
  EXPECT_EQ(fast.period, seconds(1));
  EXPECT_EQ(fast.timeout, milliseconds(800));
  const WorkloadSpec slow = Parse(", mode: Paused, evaluation: {period: 1h, timeout: 5m}");
  EXPECT_EQ(slow.mode, Mode::kPaused);
  EXPECT_EQ(slow.period, hours(1));
  EXPECT_EQ(slow.timeout, minutes(5));
}

TEST(ParseWorkload, ReadsEveryMetricType) {
  const WorkloadSpec spec = Parse(R"(, evaluation: {period: 20s}, metrics: [
      {type: ContainerResource, containerResource: {name: memory, container: app,
        target: {type: AverageValue, averageValue: 512Mi}}},
      {type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {b: "2", a: "1"},
        matchExpressions: [{key: env, operator: In, values: [x, y]}]}},
        target: {type: AverageValue, averageValue: 1500m}}},
      {type: Object, object: {describedObject: {apiVersion: v1, kind: Service, name: q},
        metric: {name: depth}, target: {type: Value, value: 0.05e3}}},
      {type: External, external: {metric: {name: backlog}, target: {type: Value, value: 30}},
        validity: {staleAfter: 2m}},
      {type: Source, source: {ref: {kind: ClusterMetricSource, name: prom}, query: up,
        target: {type: AverageValue, averageValue: "120"}}},
      {type: Source, source: {ref: {name: prom}, query: up, target: {type: Value, value: 1}}}])");
  ASSERT_EQ(spec.metrics.size(), 6U);
  EXPECT_EQ(spec.metrics[0].resource, "memory");
  EXPECT_EQ(spec.metrics[0].container, "app");
  EXPECT_EQ(spec.metrics[0].target.average_value->ToString(), "512Mi");
  EXPECT_EQ(spec.metrics[1].metric, "rps");
  EXPECT_EQ(spec.metrics[1].metric_selector,
            (LabelSelector{{{"a", "1"}, {"b", "2"}}, {{"env", "In", {"x", "y"}}}}));
  EXPECT_EQ(spec.metrics[1].stale_after, seconds(90));
  EXPECT_EQ(spec.metrics[2].described_object, (ObjectRef{"v1", "Service", "q"}));
  EXPECT_EQ(spec.metrics[2].target.value->MilliValue(), 50'000);
  EXPECT_EQ(spec.metrics[2].stale_after, seconds(60));
  EXPECT_FALSE(spec.metrics[2].metric_selector);
  EXPECT_EQ(spec.metrics[3].stale_after, minutes(2));
  EXPECT_EQ(spec.metrics[4].source, (SourceRef{"ClusterMetricSource", "prom"}));
  EXPECT_EQ(spec.metrics[4].query, "up");
  EXPECT_EQ(spec.metrics[5].source.kind, "MetricSource");
}

TEST(ParseWorkload, NamesMetricsAfterWhatTheyRead) {
  const std::string cpu =
      "{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 1}}}";
  const std::string source =
      "{type: Source, source: {ref: {name: p}, query: q, target: {type: Value, value: 1}}}";
  const WorkloadSpec spec = Parse(", metrics: [" + cpu + ", " + cpu + ", " + source +
                                  ", {name: cpu-2, " + cpu.substr(1) + ", " + source + "]");
  std::string names;
  for (const MetricSpec& metric : spec.metrics)
    names += metric.name + " ";
  EXPECT_EQ(names, "cpu cpu-3 source cpu-2 source-2 ");
}

TEST(ParseWorkload, LeavesOutsideStaleLimitsToThePeriod) {
  const std::string metric = R"(metrics: [{type: External, external: {metric: {name: m},
      target: {type: Value, value: 1}}}])";
  EXPECT_EQ(Parse(", " + metric + ", evaluation: {period: 1s}").metrics[0].stale_after,
            seconds(30));
  EXPECT_EQ(Parse(", " + metric + ", evaluation: {period: 1h}").metrics[0].stale_after, hours(3));
}

TEST(ParseWorkload, DefaultsBehaviorPerDirectionAsTheHpaDoes) {
  const Behavior behavior = *Parse(", behavior: {}").behavior;
  EXPECT_EQ(behavior.scale_up.stabilization_window_seconds, 0);
  EXPECT_EQ(behavior.scale_up.policies,
            (std::vector<ScalingPolicy>{{ScalingPolicyType::kPods, 4, 15},
                                        {ScalingPolicyType::kPercent, 100, 15}}));
  EXPECT_EQ(behavior.scale_down.stabilization_window_seconds, std::nullopt);
  EXPECT_EQ(behavior.scale_down.policies,
            (std::vector<ScalingPolicy>{{ScalingPolicyType::kPercent, 100, 15}}));

  const Behavior given = *Parse(R"(, behavior: {scaleUp: {selectPolicy: Disabled},
      scaleDown: {stabilizationWindowSeconds: 60, tolerance: 0.05,
                  policies: [{type: Pods, value: 2, periodSeconds: 30}]}})")
                              .behavior;
  EXPECT_EQ(given.scale_up.select_policy, SelectPolicy::kDisabled);
  EXPECT_EQ(given.scale_up.policies, behavior.scale_up.policies);
  EXPECT_EQ(given.scale_down.stabilization_window_seconds, 60);
  EXPECT_EQ(given.scale_down.policies,
            (std::vector<ScalingPolicy>{{ScalingPolicyType::kPods, 2, 30}}));
  EXPECT_EQ(given.scale_down.tolerance->AsDouble(), 0.05);
}

TEST(ParseWorkload, KeepsMetricsOfANewerServer) {
  const WorkloadSpec spec = Parse(", metrics: [{type: Forecast, forecast: {}}]");
  EXPECT_EQ(spec.metrics[0].type, MetricType::kUnknown);
  EXPECT_EQ(spec.metrics[0].name, "unknown");
}

TEST(ParseWorkload, NamesTheFieldThatMakesNoSense) {
  EXPECT_EQ(Problem("", "scaleTargetRef: {kind: Deployment, name: web}"),
            "HPAPlus: spec.maxReplicas is missing");
  EXPECT_EQ(Problem("", "maxReplicas: 3"), "HPAPlus: spec.scaleTargetRef.kind is missing");
  EXPECT_EQ(Problem(", minReplicas: 10"), "HPAPlus: spec.minReplicas exceeds spec.maxReplicas");
  EXPECT_EQ(Problem(", minReplicas: 0"), "HPAPlus: spec.minReplicas is 0 and not in 1 to 100000");
  EXPECT_EQ(Problem(", minReplicas: x"), "HPAPlus: spec.minReplicas is not an integer");
  EXPECT_EQ(Problem(", minReplicas: 1.5"), "HPAPlus: spec.minReplicas is not an integer");
  EXPECT_EQ(Problem(", mode: Off"), "HPAPlus: spec.mode is \"Off\", which is unknown");
  EXPECT_EQ(Problem(", evaluation: {period: 1}"),
            "HPAPlus: spec.evaluation.period is not a string");
  EXPECT_EQ(Problem(", evaluation: {period: 1d}"),
            "HPAPlus: spec.evaluation.period is not a duration such as 800ms or 1h30m");
  EXPECT_EQ(Problem(", evaluation: {period: 2h}"),
            "HPAPlus: spec.evaluation.period is 2h0m0s and not in 1s to 1h0m0s");
  EXPECT_EQ(Problem(", evaluation: {timeout: 16s}"),
            "HPAPlus: spec.evaluation.timeout exceeds spec.evaluation.period");
  EXPECT_EQ(Problem(", metrics: {}"), "HPAPlus: spec.metrics is not a list");
  EXPECT_EQ(Problem(", metrics: [5]"), "HPAPlus: spec.metrics[0] is not an object");
  EXPECT_EQ(Problem(", metrics: [{type: Source, source: {ref: {name: p}}}]"),
            "HPAPlus: spec.metrics[0].source.query is missing");
  EXPECT_EQ(Problem(", metrics: [{name: a, type: X}, {name: a, type: X}]"),
            "HPAPlus: spec.metrics[1].name is \"a\" a second time");
  EXPECT_EQ(Problem(", metrics: [{type: Pods, pods: {target: {averageValue: x}}}]"),
            "HPAPlus: spec.metrics[0].pods.target.averageValue is not a quantity such as 250m, 1.5 "
            "or 64Mi");
  EXPECT_EQ(Problem(", behavior: {scaleUp: {policies: []}}"),
            "HPAPlus: spec.behavior.scaleUp.policies is empty");
  EXPECT_EQ(Problem(", behavior: {scaleUp: {policies: [{type: Pods, value: 1}]}}"),
            "HPAPlus: spec.behavior.scaleUp.policies[0] is not complete");
  EXPECT_EQ(Problem(", behavior: {scaleUp: {policies: [{type: Cpu}]}}"),
            "HPAPlus: spec.behavior.scaleUp.policies[0].type is \"Cpu\", which is unknown");
}

TEST(ParseWorkload, RefusesWhatIsNoHpaplus) {
  EXPECT_EQ(ParseWorkload("").error().code, ErrorCode::kMalformedData);
  EXPECT_FALSE(ParseWorkload("[]"));
  EXPECT_EQ(ParseWorkload(R"({"metadata":{"name":"x"}})").error().message,
            "HPAPlus: spec is missing");
  EXPECT_EQ(ParseWorkload(R"({"spec":{}})").error().message, "HPAPlus: metadata.name is missing");
  EXPECT_EQ(ParseWorkload(Object("{}", "Deployment")).error().message,
            "HPAPlus: kind is \"Deployment\" and not HPAPlus");
  EXPECT_EQ(ParseWorkload(R"({"apiVersion":"v2"})").error().message,
            "HPAPlus: apiVersion is \"v2\" and not autoscaling.hpaplus.io/v1alpha1");
  EXPECT_EQ(ParseWorkload(std::string((3U << 20U) + 1, ' ')).error().message,
            "json: longer than 3 MiB");
}

TEST(ParseWorkload, RefusesMoreThan32Metrics) {
  std::string metrics = "{type: X}";
  for (int i = 1; i < 32; ++i)
    metrics += ", {type: X}";
  EXPECT_EQ(Parse(", metrics: [" + metrics + "]").metrics.size(), 32U);
  EXPECT_EQ(Problem(", metrics: [" + metrics + ", {type: X}]"),
            "HPAPlus: spec.metrics has more than 32 items");
}

constexpr const char* kSource =
    "type: Source, source: {ref: {name: s}, query: q, target: {type: Value, value: 9}}";

MetricSpec ParseMetric(const std::string& more) {
  return Parse(std::string(", metrics: [{") + kSource + more + "}]").metrics.at(0);
}

TEST(ParseWorkload, ReadsWhatAMetricMayDo) {
  const MetricSpec plain = ParseMetric("");
  EXPECT_EQ(plain.role, MetricRole::kScale);
  EXPECT_EQ(plain.thresholds, Thresholds());
  EXPECT_EQ(plain.validity, Validity());
  EXPECT_FALSE(plain.activation_threshold);
  const MetricSpec full = ParseMetric(
      ", role: Guard, activationThreshold: 5, thresholds: {scaleUp: 130m, scaleDown: 80m}, "
      "validity: {min: -3, max: 1M, onMissing: LastGood, lastGoodFor: 45s}");
  EXPECT_EQ(full.role, MetricRole::kGuard);
  EXPECT_EQ(full.activation_threshold, *Quantity::Parse("5"));
  EXPECT_EQ(full.thresholds.scale_up, *Quantity::Parse("130m"));
  EXPECT_EQ(full.thresholds.scale_down, *Quantity::Parse("80m"));
  EXPECT_EQ(full.validity.min, *Quantity::Parse("-3"));
  EXPECT_EQ(full.validity.max, *Quantity::Parse("1M"));
  EXPECT_EQ(full.validity.on_missing, OnMissing::kLastGood);
  EXPECT_EQ(full.validity.last_good_for, seconds(45));
}

constexpr const char* kInputs =
    "{type: Source, name: queue, role: Input, source: {ref: {name: s}, query: q}}, "
    "{type: External, name: in-flight, role: Input, external: {metric: {name: m}}}, "
    "{type: Resource, name: cpu, resource: {name: cpu, target: {type: Utilization, "
    "averageUtilization: 50}}}";

std::string FormulaOf(const std::string& expression) {
  return ", metrics: [{type: Formula, formula: {expression: '" + expression +
         "', target: {type: Value, value: 9}}}, " + kInputs + "]";
}

TEST(ParseWorkload, ReadsAFormulaOverTheNumbersOfOthers) {
  const WorkloadSpec spec = Parse(FormulaOf("queue + 2 * in_flight"));
  const MetricSpec& formula = spec.metrics[0];
  EXPECT_EQ(formula.type, MetricType::kFormula);
  EXPECT_EQ(formula.name, "formula");
  ASSERT_TRUE(formula.formula);
  EXPECT_EQ(formula.formula->text(), "queue + 2 * in_flight");
  EXPECT_TRUE(formula.formula->Uses(1));
  EXPECT_TRUE(formula.formula->Uses(2));
  EXPECT_EQ(formula.target.value, *Quantity::Parse("9"));
  EXPECT_EQ(formula.stale_after, std::chrono::hours(1)) << "its inputs have limits of their own";
  EXPECT_EQ(spec.metrics[1].role, MetricRole::kInput);
  EXPECT_EQ(spec, Parse(FormulaOf("queue + 2 * in_flight")));
  EXPECT_FALSE(spec == Parse(FormulaOf("queue + 3 * in_flight")));
}

TEST(ParseWorkload, RefusesAFormulaThatCannotBeComputed) {
  const std::string path = "HPAPlus: spec.metrics[0].formula.expression ";
  EXPECT_EQ(Problem(FormulaOf("queue + depth")),
            path + "is unusable: formula: column 9: there is no metric \"depth\"");
  EXPECT_EQ(Problem(FormulaOf("queue + (in_flight")),
            path + "is unusable: formula: column 19: a parenthesis is not closed");
  EXPECT_EQ(Problem(FormulaOf("queue + cpu")),
            path + "names \"cpu\", which is no Object, External or Source metric");
  EXPECT_EQ(Problem(FormulaOf("queue + formula")),
            path + "names \"formula\", which is no Object, External or Source metric");
  EXPECT_EQ(Problem(FormulaOf("")), path + "is empty");
  const std::string formula =
      "{type: Formula, name: f, formula: {expression: queue, target: {type: "
      "Value, value: 9}}";
  EXPECT_EQ(Problem(", metrics: [{" + std::string(kSource) + ", queue: {backlog: f}}, " + formula +
                    "}, " + kInputs + "]"),
            "HPAPlus: spec.metrics has a queue whose backlog is a formula, which is not read");
  EXPECT_EQ(Problem(FormulaOf("queue") + ", combine: {strategy: Formula, formula: queue}"),
            "HPAPlus: spec.combine.formula is unusable: formula: \"queue\" has role Input and asks "
            "for no size");
}

TEST(ParseWorkload, RefusesAnInputThatIsMoreThanANumber) {
  const std::string path = "HPAPlus: spec.metrics[0].role is Input, ";
  EXPECT_EQ(Problem(std::string(", metrics: [{") + kSource + ", role: Input}]"),
            path + "and there is a target");
  EXPECT_EQ(Problem(", metrics: [{type: Resource, role: Input, resource: {name: cpu}}]"),
            path + "which needs an Object, External or Source metric");
  EXPECT_EQ(Problem(", metrics: [{type: Source, role: Input, source: {ref: {name: s}, query: q}, "
                    "validity: {onMissing: LastGood}}]"),
            path + "which asks for no size that could be the last good one");
}

TEST(ParseWorkload, ReadsHowFarAMetricMayStep) {
  EXPECT_EQ(ParseMetric(", validity: {maxStepRatio: 2.5}").validity.max_step_ratio,
            *Quantity::Parse("2.5"));
  const std::string metric = std::string(", metrics: [{") + kSource;
  for (const char* ratio : {"1", "-3", "1000001"}) {
    EXPECT_EQ(Problem(metric + ", validity: {maxStepRatio: " + ratio + "}}]"),
              "HPAPlus: spec.metrics[0].validity.maxStepRatio is not above 1 and at most 1000000");
  }
}

TEST(ParseWorkload, ReadsDampingFallbackIdleAndSafety) {
  const WorkloadSpec plain = Parse("");
  EXPECT_FALSE(plain.fallback);
  EXPECT_FALSE(plain.idle);
  EXPECT_EQ(plain.safety, SafetySpec());
  EXPECT_FALSE(plain.frozen_until);
  const WorkloadSpec spec = Parse(
      ", minReplicas: 4, idleReplicas: 0, cooldown: 1m, mode: ScaleDownOnly, behavior: {scaleUp: "
      "{elasticity: 1.5, confirmations: 3}}, fallback: {behavior: Static, replicas: 7, "
      "afterDuration: 20s}, safety: {maxScaleDownPercentPerHour: 60, maxReplicasPerMinute: 5, "
      "maxReversalsPerHour: 9, allowScaleToZero: true, requireFreshMetricsForScaleDown: false}");
  EXPECT_EQ(spec.mode, Mode::kScaleDownOnly);
  EXPECT_EQ(spec.idle, (IdleSpec{0, minutes(1), Duration::zero()}));
  ASSERT_TRUE(spec.behavior);
  EXPECT_EQ(spec.behavior->scale_up.elasticity, *Quantity::Parse("1.5"));
  EXPECT_EQ(spec.behavior->scale_up.confirmations, 3);
  EXPECT_FALSE(spec.behavior->scale_down.elasticity);
  EXPECT_EQ(spec.behavior->scale_down.confirmations, 1);
  EXPECT_EQ(spec.fallback, (FallbackSpec{3, seconds(20), FallbackBehavior::kStatic, 7}));
  EXPECT_EQ(spec.safety, (SafetySpec{60, 5, 9, true, false}));
}

TEST(ParseWorkload, ReadsTheFreezeAnnotation) {
  const auto frozen = [](const std::string& value) {
    const auto spec = ParseWorkload(
        R"({"metadata": {"name": "web", "creationTimestamp": "2026-01-01T00:00:00Z", )"
        R"("annotations": {"hpaplus.io/freeze": ")" +
        value +
        R"("}}, "spec": {"scaleTargetRef": {"kind": "D", "name": "d"}, "maxReplicas": 3}})");
    EXPECT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(spec->created, *ParseRfc3339("2026-01-01T00:00:00Z"));
    return spec->frozen_until;
  };
  EXPECT_EQ(frozen("2026-11-23T15:00:00Z"), *ParseRfc3339("2026-11-23T15:00:00Z"));
  EXPECT_EQ(frozen("true"), Timestamp::max());
  EXPECT_EQ(frozen("23.11."), Timestamp::max());
  EXPECT_FALSE(frozen("false"));
  EXPECT_FALSE(frozen(""));
}

TEST(ParseWorkload, RefusesSafetyThatMakesNoSense) {
  const std::string metric = std::string(", metrics: [{") + kSource;
  EXPECT_EQ(Problem(metric + ", role: Judge}]"),
            "HPAPlus: spec.metrics[0].role is \"Judge\", which is unknown");
  EXPECT_EQ(Problem(metric + ", thresholds: {scaleUp: 1, scaleDown: 1}}]"),
            "HPAPlus: spec.metrics[0].thresholds.scaleDown is not below scaleUp");
  EXPECT_EQ(Problem(metric + ", thresholds: {scaleUp: -1}}]"),
            "HPAPlus: spec.metrics[0].thresholds.scaleUp is negative");
  EXPECT_EQ(Problem(metric + ", validity: {min: 2, max: 1}}]"),
            "HPAPlus: spec.metrics[0].validity.min exceeds max");
  EXPECT_EQ(Problem(", behavior: {scaleUp: {elasticity: 0}}"),
            "HPAPlus: spec.behavior.scaleUp.elasticity is not above 0 and at most 10");
  EXPECT_EQ(Problem(", behavior: {scaleUp: {elasticity: 11}}"),
            "HPAPlus: spec.behavior.scaleUp.elasticity is not above 0 and at most 10");
  EXPECT_EQ(Problem(", fallback: {behavior: Static}"),
            "HPAPlus: spec.fallback.replicas is missing");
  EXPECT_EQ(Problem(", fallback: {behavior: Static, replicas: 10}"),
            "HPAPlus: spec.fallback.replicas exceeds spec.maxReplicas");
  EXPECT_EQ(Problem(", idleReplicas: 1"),
            "HPAPlus: spec.idleReplicas is not below spec.minReplicas");
  EXPECT_EQ(Problem(", idleReplicas: 0"),
            "HPAPlus: spec.idleReplicas needs spec.safety.allowScaleToZero");
}

}  // namespace
}  // namespace hpaplus
