#include <set>
#include <string>

#include <gtest/gtest.h>

#include "engine/model/decision.h"
#include "engine/model/metric_spec.h"
#include "engine/model/pod.h"
#include "engine/model/reason.h"
#include "engine/model/source.h"
#include "engine/model/workload.h"

namespace hpaplus {
namespace {

TEST(ModelNames, EveryReasonHasItsOwn) {
  std::set<std::string> names;
  int count = 0;
  for (; ReasonName(static_cast<Reason>(count)) != "Unknown"; ++count)
    names.insert(std::string(ReasonName(static_cast<Reason>(count))));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
  EXPECT_GT(count, static_cast<int>(Reason::kDryRun));
  EXPECT_EQ(ReasonName(Reason::kScaleDownStabilized), "ScaleDownStabilized");
  EXPECT_EQ(ReasonName(Reason::kNone), "None");
}

TEST(ModelNames, AreThoseOfKubernetes) {
  EXPECT_EQ(MetricTypeName(MetricType::kContainerResource), "ContainerResource");
  EXPECT_EQ(MetricTypeName(MetricType::kUnknown), "Unknown");
  EXPECT_EQ(ConditionTypeName(ConditionType::kAbleToScale), "AbleToScale");
  EXPECT_EQ(ConditionStatusName(ConditionStatus::kFalse), "False");
  EXPECT_EQ(StageName(Stage::kStabilize), "Stabilize");
}

TEST(ModelNames, EveryStageHasItsOwn) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Stage::kFleet); ++i)
    names.insert(StageName(static_cast<Stage>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Stage::kFleet) + 1);
  EXPECT_FALSE(names.contains("Unknown"));
}

TEST(ModelNames, SourcesAndWorkloadsArePrintedWithTheirNamespace) {
  SourceSpec source;
  source.name = "prom";
  EXPECT_EQ(NameOf(source), "ClusterMetricSource/prom");
  source.ns = "shop";
  EXPECT_EQ(NameOf(source), "MetricSource/shop/prom");
  WorkloadSpec spec;
  spec.ns = "shop";
  spec.name = "web";
  EXPECT_EQ(WorkloadName(spec), "shop/web");
}

}  // namespace
}  // namespace hpaplus
