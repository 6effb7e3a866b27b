#include "engine/rehearse/test_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <utility>

#include <fmt/core.h>

#include "engine/model/json_fields.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::rehearse {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLongest = hours(24 * 7);
constexpr std::size_t kTestsMost = 1000;
constexpr std::size_t kExpectationsMost = 100;
constexpr Timestamp kMonday{std::chrono::days(20'458)};

void AllowKeys(const JsonField& field, std::initializer_list<std::string_view> keys) {
  field.EachField([&](std::string_view key, const JsonField& value) {
    if (std::ranges::find(keys, key) == keys.end()) value.Fail("is not known");
  });
}

// A text, or a number that stands for itself.
std::string TextOrNumber(const JsonField& field) {
  return field.is_text() ? field.Text() : field.Json();
}

std::optional<Comparison> ReadComparison(const JsonField& field, bool durations = false) {
  if (!field.present()) return std::nullopt;
  auto comparison = ParseComparison(TextOrNumber(field), durations);
  if (!comparison)
    field.Fail(durations ? "is no comparison like '< 9s'" : "is no comparison like '>= 40'");
  return comparison;
}

std::optional<Duration> ReadDuration(const JsonField& field) {
  return field.Period(Duration::zero(), kLongest);
}

Replicas ReadCount(const JsonField& field, Replicas absent) {
  constexpr std::int64_t kMost = 1'000'000;
  return static_cast<Replicas>(field.Integer(absent, 0, kMost));
}

// "FallbackActive=True"
void ReadCondition(const JsonField& field, Expectation& out) {
  const std::string text = field.Text();
  const std::size_t equals = text.find('=');
  const std::string_view name = std::string_view(text).substr(0, equals);
  for (const auto type :
       {ConditionType::kAbleToScale, ConditionType::kScalingActive, ConditionType::kScalingLimited,
        ConditionType::kScaledToZero, ConditionType::kFallbackActive, ConditionType::kFlapping}) {
    if (ConditionTypeName(type) == name) out.condition = type;
  }
  const std::string_view wanted =
      equals == std::string::npos ? "True" : std::string_view(text).substr(equals + 1);
  bool known = false;
  for (const auto status :
       {ConditionStatus::kTrue, ConditionStatus::kFalse, ConditionStatus::kUnknown}) {
    if (ConditionStatusName(status) != wanted) continue;
    out.status = status;
    known = true;
  }
  if (!out.condition || !known) field.Fail("is no condition like FallbackActive=True");
}

Expectation ReadExpectation(const JsonField& field) {
  AllowKeys(field, {"at", "from", "to", "within", "of", "replicas", "desired", "condition",
                    "reason", "changes", "reversals", "underCapacity"});
  Expectation out;
  out.text = field.Json();
  const auto at = ReadDuration(field.Field("at"));
  const auto within = ReadDuration(field.Field("within"));
  out.of = ReadDuration(field.Field("of"));
  out.from = ReadDuration(field.Field("from")).value_or(Duration::zero());
  out.to = ReadDuration(field.Field("to")).value_or(Duration::max());
  if (out.of.has_value() != within.has_value()) field.Fail("has within without of, or the reverse");
  if (within && out.of) out.to = *out.of + *within;
  if (at) {
    // The decision that is next, at most an hour later.
    out.of = at;
    out.to = *at + hours(1);
  }
  if (at && (within || field.Field("from").present() || field.Field("to").present())) {
    field.Fail("has at besides another time");
  }
  out.replicas = ReadComparison(field.Field("replicas"));
  out.desired = ReadComparison(field.Field("desired"));
  if (field.Field("condition").present()) ReadCondition(field.Field("condition"), out);
  out.reason = field.Field("reason").Text();
  out.changes = ReadComparison(field.Field("changes"));
  out.reversals = ReadComparison(field.Field("reversals"));
  out.under_capacity_seconds = ReadComparison(field.Field("underCapacity"), true);
  out.at_once = at.has_value();
  const bool expects = out.replicas || out.desired || out.condition || !out.reason.empty() ||
                       out.changes || out.reversals || out.under_capacity_seconds;
  if (!expects) field.Fail("expects nothing");
  return out;
}

std::vector<ScriptPoint> ReadScript(const JsonField& field, Duration interval) {
  auto script = ParseScript(TextOrNumber(field), interval);
  if (script) return *std::move(script);
  field.Fail(script.error().message);
  return {ScriptPoint()};
}

void ReadInput(const JsonField& field, PolicyTest& test) {
  field.EachField([&](std::string_view name, const JsonField& series) {
    const auto& metrics = test.spec.metrics;
    const auto metric = std::ranges::find(metrics, name, &MetricSpec::name);
    if (metric == metrics.end()) return series.Fail("is no metric of the object");
    test.scripts[static_cast<std::size_t>(metric - metrics.begin())] =
        ReadScript(series, test.interval);
  });
}

void ReadClosedLoop(const JsonField& field, PolicyTest& test) {
  if (!field.present()) return;
  AllowKeys(field, {"load", "perPod", "startup"});
  test.load = ReadScript(field.Field("load"), test.interval);
  test.per_pod = field.Field("perPod").Number().value_or(0);
  if (!(test.per_pod > 0)) field.Field("perPod").Fail("is not above 0");
  for (const ScriptPoint& point : test.load) {
    if (point.kind == ScriptPoint::Kind::kValue && point.value >= 0) continue;
    return field.Field("load").Fail("has a step that is no load");
  }
  test.pod_startup = ReadDuration(field.Field("startup")).value_or(test.pod_startup);
}

// All metrics that are read have to say something.
void CheckMetrics(const JsonField& field, const PolicyTest& test) {
  for (std::size_t i = 0; i < test.spec.metrics.size(); ++i) {
    const MetricSpec& metric = test.spec.metrics[i];
    if (metric.type == MetricType::kFormula || test.scripts.contains(i)) continue;
    if (test.load.empty()) {
      return field.Field("input").Fail(fmt::format("has no series for \"{}\"", metric.name));
    }
  }
}

Duration LengthOf(const PolicyTest& test) {
  std::size_t steps = test.load.size();
  for (const auto& script : test.scripts)
    steps = std::max(steps, script.second.size());
  return test.interval * static_cast<std::int64_t>(steps);
}

PolicyTest ReadTest(const JsonField& field, const std::vector<WorkloadSpec>& policies,
                    const std::vector<std::string>& files) {
  AllowKeys(field, {"name", "policy", "target", "interval", "start", "duration", "input",
                    "closedLoop", "expect"});
  PolicyTest test;
  test.name = field.Field("name").Required();
  const std::string wanted = field.Field("policy").Text();
  const auto file = std::ranges::find(files, wanted);
  if (wanted.empty() && policies.size() == 1) {
    test.spec = policies.front();
  } else if (file != files.end()) {
    test.spec = policies[static_cast<std::size_t>(file - files.begin())];
  } else {
    field.Field("policy").Fail("is none of the policies");
    return test;
  }
  const JsonField target = field.Field("target");
  AllowKeys(target, {"replicas", "ready", "podStartup"});
  test.replicas = ReadCount(target.Field("replicas"), std::max(test.spec.min_replicas, 1));
  test.ready = ReadCount(target.Field("ready"), test.replicas);
  if (test.ready > test.replicas) target.Field("ready").Fail("is more than there are");
  test.pod_startup = ReadDuration(target.Field("podStartup")).value_or(Duration::zero());
  test.interval = field.Field("interval").Period(milliseconds(100), hours(1)).value_or(seconds(1));
  test.start = field.Field("start").Time().value_or(kMonday);
  ReadInput(field.Field("input"), test);
  ReadClosedLoop(field.Field("closedLoop"), test);
  CheckMetrics(field, test);
  test.length = ReadDuration(field.Field("duration")).value_or(LengthOf(test));
  if (test.length > kLongest) field.Field("duration").Fail("is longer than a week");
  field.Field("expect").Each([&](const JsonField& item) {
    if (test.expectations.size() == kExpectationsMost) return item.Fail("is one too many");
    test.expectations.push_back(ReadExpectation(item));
  });
  if (test.expectations.empty()) field.Field("expect").Fail("has nothing in it");
  return test;
}

std::vector<PolicyTest> ReadTests(const JsonField& root, const LoadPolicy& load) {
  AllowKeys(root, {"policies", "tests"});
  std::vector<std::string> files;
  std::vector<WorkloadSpec> policies;
  root.Field("policies").Each([&](const JsonField& item) {
    files.push_back(item.Required());
    Result<WorkloadSpec> policy = load(files.back());
    if (!policy) item.Fail("is unusable: " + policy.error().message);
    policies.push_back(policy ? *std::move(policy) : WorkloadSpec());
  });
  if (files.empty()) root.Field("policies").Fail("names no file");
  std::vector<PolicyTest> tests;
  root.Field("tests").Each([&](const JsonField& item) {
    if (tests.size() == kTestsMost) return item.Fail("is one too many");
    tests.push_back(ReadTest(item, policies, files));
  });
  if (tests.empty()) root.Field("tests").Fail("has nothing in it");
  return tests;
}

}  // namespace

std::optional<Comparison> ParseComparison(std::string_view text, bool durations) {
  using Op = Comparison::Op;
  constexpr std::pair<std::string_view, Op> kOps[] = {
      {">=", Op::kMoreOrEqual}, {"<=", Op::kLessOrEqual}, {"==", Op::kEqual},
      {"!=", Op::kNotEqual},    {">", Op::kMore},         {"<", Op::kLess}};
  Comparison comparison;
  for (const auto& [sign, op] : kOps) {
    if (!text.starts_with(sign)) continue;
    comparison.op = op;
    text.remove_prefix(sign.size());
    break;
  }
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, comparison.number);
  if (error == std::errc() && rest == end && std::isfinite(comparison.number)) return comparison;
  const auto duration = ParseDuration(text);
  if (!durations || !duration) return std::nullopt;
  comparison.number = ToSeconds(*duration);
  return comparison;
}

Result<std::vector<PolicyTest>> ReadTestFile(std::string_view yaml, const LoadPolicy& load) {
  const YamlText text = ReadYaml(yaml);
  const auto at = [](TextPosition position, const std::string& what) {
    return Error{ErrorCode::kMalformedData,
                 fmt::format("{}:{}: {}", position.line, position.column, what)};
  };
  if (text.problem) return at(text.problem->at, text.problem->message);
  if (text.documents.size() != 1) return at({}, "there is not exactly one document");
  JsonDocument document;
  if (Status parsed = document.Parse(text.documents[0].json); !parsed) return parsed.error();
  std::string problem;
  std::vector<PolicyTest> tests = ReadTests(document.Root(problem), load);
  if (problem.empty()) return tests;
  const std::string path = problem.substr(0, problem.find(' '));
  return at(text.documents[0].Find(path), problem);
}

}  // namespace hpaplus::rehearse
