#include "engine/rehearse/search_space.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/model/validate.h"
#include "engine/model/yaml_json.h"
#include "engine/rehearse/yaml_text.h"

namespace hpaplus::rehearse {
namespace {

std::string Object(const std::string& metrics, const std::string& rest = "") {
  const auto documents = ParseYaml(R"(
apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 100
)" + rest + "  metrics:\n" + metrics);
  EXPECT_TRUE(documents) << documents.error().message;
  return documents->front().json;
}

constexpr const char* kSource = R"(
  - type: Source
    source: {ref: {name: p}, query: q, target: {type: AverageValue, averageValue: "14"}}
)";
constexpr const char* kCpu = R"(
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 71}}
)";
constexpr const char* kBanded = R"(
  - type: Source
    source: {ref: {name: p}, query: q, target: {type: AverageValue, averageValue: 1m}}
    thresholds: {scaleUp: 2m, scaleDown: 1m}
)";

constexpr const char* kSmoothed = R"(
  - type: Source
    source: {ref: {name: p}, query: q, target: {type: AverageValue, averageValue: "14"}}
    smoothing: {window: 50s}
)";

SearchSpace Make(const std::string& json, double capacity = 20) {
  auto space = SearchSpace::Create(json, capacity);
  EXPECT_TRUE(space) << space.error().message;
  return *std::move(space);
}

TEST(SearchSpace, BeginsNearTheObject) {
  const SearchSpace space = Make(Object(kCpu, "  evaluation: {period: 7s}\n"));
  const auto spec = space.Spec(space.Settings(space.Usual()));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->period, std::chrono::seconds(7));
  EXPECT_EQ(spec->metrics[0].target.average_utilization, 71);
  EXPECT_EQ(spec->behavior->scale_down.stabilization_window_seconds, 300);
  EXPECT_EQ(spec->behavior->scale_up.elasticity, Quantity::FromMilli(1000));
}

const SearchSpace::Knob* Find(const SearchSpace& space, const std::string& name) {
  const auto found = std::ranges::find(space.knobs(), name, &SearchSpace::Knob::name);
  return found == space.knobs().end() ? nullptr : &*found;
}

TEST(SearchSpace, HasAKnobForEachThingThatIsSaidToBeSearched) {
  const SearchSpace space = Make(Object(kSmoothed));
  for (const char* name :
       {"spec.evaluation.period", "spec.metrics[0].source.target.averageValue",
        "spec.metrics[0].smoothing.window", "spec.behavior.scaleUp.tolerance",
        "spec.behavior.scaleUp.stabilizationWindowSeconds", "spec.behavior.scaleUp.elasticity",
        "spec.behavior.scaleUp.policies", "spec.behavior.scaleDown.tolerance",
        "spec.behavior.scaleDown.stabilizationWindowSeconds", "spec.behavior.scaleDown.elasticity",
        "spec.behavior.scaleDown.confirmations", "spec.behavior.scaleDown.policies"}) {
    const SearchSpace::Knob* knob = Find(space, name);
    ASSERT_NE(knob, nullptr) << name;
    EXPECT_GT(knob->choices.size(), 3U) << name;
    EXPECT_LT(knob->usual, knob->choices.size()) << name;
  }
  const SearchSpace banded = Make(Object(kBanded));
  for (const char* name :
       {"spec.metrics[0].thresholds.scaleUp", "spec.metrics[0].thresholds.scaleDown"}) {
    EXPECT_NE(Find(banded, name), nullptr) << name;
  }
  EXPECT_EQ(Find(banded, "spec.behavior.scaleUp.tolerance"), nullptr)
      << "thresholds take its place";
  EXPECT_EQ(Find(banded, "spec.metrics[0].smoothing.window"), nullptr);
}

TEST(SearchSpace, DrawsEveryChoiceOfEveryKnobButTheShortestPeriods) {
  const SearchSpace space = Make(Object(kSmoothed));
  for (const SearchSpace::Knob& knob : space.knobs()) {
    const bool period = &knob == &space.knobs().front();
    EXPECT_EQ(knob.choices[knob.least], period ? "\"5s\"" : knob.choices.front()) << knob.name;
  }
  EXPECT_TRUE(Find(space, "spec.behavior.scaleUp.stabilizationWindowSeconds")->optional);
}

TEST(SearchSpace, TriesSmoothingWindowsAroundTheObjectsOwn) {
  const SearchSpace space = Make(Object(kSmoothed));
  const SearchSpace::Knob* knob = Find(space, "spec.metrics[0].smoothing.window");
  ASSERT_NE(knob, nullptr);
  EXPECT_EQ(knob->choices[knob->usual], "\"50s\"");
  EXPECT_EQ(knob->choices.front(), "\"15s\"");
  EXPECT_EQ(knob->choices.back(), "\"180s\"");
}

TEST(SearchSpace, HasNoPointThatIsNotValid) {
  for (const std::string metrics : {kSource, kCpu, kBanded, kSmoothed}) {
    for (const double capacity : {0.002, 20.0, 1e12}) {
      const SearchSpace space =
          Make(Object(metrics, "  evaluation: {period: 7s, timeout: 6s}\n"), capacity);
      Random random(1);
      for (int i = 0; i < 100; ++i) {
        SearchSpace::Point point;
        for (const SearchSpace::Knob& knob : space.knobs())
          point.push_back(static_cast<std::uint32_t>(random.Next() % knob.choices.size()));
        const std::string yaml = YamlOf(space.Apply(space.Settings(point)));
        const ValidationReport report = ValidateText("f", yaml);
        ASSERT_TRUE(report.findings.empty()) << ToString(report.findings.front()) << yaml;
        ASSERT_TRUE(space.Spec(space.Settings(point)));
      }
    }
  }
}

TEST(SearchSpace, LeavesTheRestOfTheObjectAlone) {
  const std::string json = Object(kSource, "  minReplicas: 3\n  mode: DryRun\n");
  const SearchSpace space = Make(json);
  const auto before = space.Spec({});
  const auto after = space.Spec(space.Settings(space.Usual()));
  ASSERT_TRUE(before);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->min_replicas, 3);
  EXPECT_EQ(after->mode, Mode::kDryRun);
  EXPECT_EQ(after->metrics[0].query, before->metrics[0].query);
}

TEST(SearchSpace, RefusesWhatItCannotTune) {
  const auto guard = SearchSpace::Create(Object(std::string(kSource) + "    role: Guard\n"), 20);
  ASSERT_FALSE(guard);
  EXPECT_EQ(guard.error().code, ErrorCode::kInvalidArgument);
  for (const double capacity : {0.0, -1.0, 0.001, 1e13}) {
    EXPECT_FALSE(SearchSpace::Create(Object(kSource), capacity)) << capacity;
  }
  EXPECT_FALSE(SearchSpace::Create("{", 20));
}

TEST(PatchYaml, HasWhatWasSetAndWholeLists) {
  const std::string json = Object(kSource);
  const SearchSpace space = Make(json);
  const std::vector<Setting> settings = {
      {"spec.metrics[0].source.target.averageValue", "\"17\""},
      {"spec.behavior.scaleDown.stabilizationWindowSeconds", "60"}};
  EXPECT_EQ(PatchYaml(space.Apply(settings), settings),
            R"(spec:
  metrics:
  - type: Source
    source:
      ref:
        name: p
      query: q
      target:
        type: AverageValue
        averageValue: "17"
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 60
)");
}

TEST(YamlOf, GivesBackWhatItWasMadeOf) {
  for (const std::string json :
       {R"({"a":{"b":[{"c":1,"d":"x: y"},[1,2],{}],"e":[]},"yes":"no","f":"1","g":null,"h":true})",
        R"({"text":"two\nlines \"and\" \\ more","u":"ü","empty":"","~":"~","k: v":-1.5})",
        R"([{"a":1},{"b":[{"c":"#"}]}])"}) {
    const auto read = ParseYaml(YamlOf(json));
    ASSERT_TRUE(read) << read.error().message << YamlOf(json);
    EXPECT_EQ(YamlOf(read->front().json), YamlOf(json));
    EXPECT_EQ(read->front().json, json);
  }
}

}  // namespace
}  // namespace hpaplus::rehearse
