#include "engine/eval/read_plan.h"

#include <gtest/gtest.h>

#include "engine/core/decide.h"
#include "test/support/fake_world.h"

namespace hpaplus {
namespace {

using testing::SpecWith;
using testing::ViewOf;

PlannedRead Plan(const MetricSpec& metric, PodMetricsFrom from = PodMetricsFrom::kMetricsServer) {
  WorkloadSpec spec = SpecWith("web", {});
  spec.metrics = {metric};
  const auto reads = PlanReads(*ViewOf(spec, 2), from);
  EXPECT_EQ(reads.size(), 1U);
  EXPECT_TRUE(reads[0]);
  return *reads[0];
}

TEST(ReadPlan, AllResourceMetricsAreOneRead) {
  MetricSpec cpu;
  cpu.type = MetricType::kResource;
  cpu.resource = "cpu";
  MetricSpec memory;
  memory.type = MetricType::kContainerResource;
  memory.resource = "memory";
  memory.container = "app";
  EXPECT_EQ(Plan(cpu), Plan(memory));
  EXPECT_EQ(Plan(cpu), (PlannedRead{"metrics.k8s.io", {.type = MetricType::kResource}}));
}

TEST(ReadPlan, FromKubeletsUsageIsReadForThePodsOfTheWorkload) {
  MetricSpec cpu;
  cpu.type = MetricType::kResource;
  cpu.resource = "cpu";
  MetricSpec memory;
  memory.type = MetricType::kContainerResource;
  memory.resource = "memory";
  memory.container = "app";
  const PlannedRead read = Plan(cpu, PodMetricsFrom::kKubelet);
  EXPECT_EQ(read, Plan(memory, PodMetricsFrom::kKubelet));
  EXPECT_EQ(read, (PlannedRead{
                      "kubelet",
                      {.type = MetricType::kResource, .ns = "shop", .pod_selector = "app=web"}}));
}

TEST(ReadPlan, KubeletsAnswerTrafficAndNoOtherPodsMetric) {
  MetricSpec metric;
  metric.type = MetricType::kPods;
  for (const char* name :
       {"network_receive_bytes_per_second", "network_transmit_bytes_per_second"}) {
    metric.metric = name;
    EXPECT_EQ(Plan(metric).source, "custom.metrics.k8s.io");
    const PlannedRead read = Plan(metric, PodMetricsFrom::kKubelet);
    EXPECT_EQ(read.source, "kubelet");
    EXPECT_EQ(read.query.type, MetricType::kPods);
    EXPECT_EQ(read.query.ns, "shop");
    EXPECT_EQ(read.query.expression, name);
    EXPECT_EQ(read.query.pod_selector, "app=web");
  }
  metric.metric = "rps";
  EXPECT_EQ(Plan(metric, PodMetricsFrom::kKubelet).source, "custom.metrics.k8s.io");
}

TEST(ReadPlan, KubeletsCannotBeAskedWithoutASelectorNorWithAMetricSelector) {
  WorkloadSpec spec = SpecWith("web", {});
  MetricSpec metric;
  metric.type = MetricType::kPods;
  metric.metric = "network_receive_bytes_per_second";
  metric.metric_selector = LabelSelector{{{"interface", "eth0"}}, {}};
  spec.metrics = {metric};
  auto reads = PlanReads(*ViewOf(spec, 2), PodMetricsFrom::kKubelet);
  ASSERT_FALSE(reads.at(0));
  EXPECT_EQ(reads[0].error().code, ErrorCode::kInvalidArgument);
  spec.metrics[0].metric_selector.reset();
  WorkloadView view = *ViewOf(spec, 2);
  view.scale.selector.reset();
  reads = PlanReads(view, PodMetricsFrom::kKubelet);
  ASSERT_FALSE(reads.at(0));
  EXPECT_NE(reads[0].error().message.find("selector"), std::string::npos);
}

TEST(ReadPlan, PodsMetricsNameTheMetricAndBothSelectors) {
  MetricSpec metric;
  metric.type = MetricType::kPods;
  metric.metric = "rps";
  metric.metric_selector = LabelSelector{{{"verb", "GET"}}, {{"zone", "In", {"a", "b"}}}};
  const PlannedRead read = Plan(metric);
  EXPECT_EQ(read.source, "custom.metrics.k8s.io");
  EXPECT_EQ(read.query.type, MetricType::kPods);
  EXPECT_EQ(read.query.ns, "shop");
  EXPECT_EQ(read.query.expression, "rps");
  EXPECT_EQ(read.query.selector, "verb=GET,zone in (a,b)");
  EXPECT_EQ(read.query.pod_selector, "app=web");
}

TEST(ReadPlan, ObjectMetricsNameTheirObject) {
  MetricSpec metric;
  metric.type = MetricType::kObject;
  metric.metric = "requests";
  metric.described_object = {"networking.k8s.io/v1", "Ingress", "main"};
  const PlannedRead read = Plan(metric);
  EXPECT_EQ(read.source, "custom.metrics.k8s.io");
  EXPECT_EQ(read.query.object, metric.described_object);
  EXPECT_EQ(read.query.pod_selector, "");
}

TEST(ReadPlan, ExternalMetricsGoToTheirApi) {
  MetricSpec metric;
  metric.type = MetricType::kExternal;
  metric.metric = "queue";
  const PlannedRead read = Plan(metric);
  EXPECT_EQ(read.source, "external.metrics.k8s.io");
  EXPECT_EQ(read.query.ns, "shop");
  EXPECT_EQ(read.query.selector, "");
}

TEST(ReadPlan, SourcesAreNamedWithTheObjectsNamespaceOrForTheCluster) {
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.query = "sum(rate(x[1m]))";
  metric.source = {"MetricSource", "prom"};
  EXPECT_EQ(Plan(metric).source, "MetricSource/shop/prom");
  metric.source.kind = "ClusterMetricSource";
  const PlannedRead read = Plan(metric);
  EXPECT_EQ(read.source, "ClusterMetricSource/prom");
  EXPECT_EQ(read.query.ns, "shop") << "who asks decides what is allowed";
  EXPECT_EQ(read.query.expression, "sum(rate(x[1m]))");
}

TEST(ReadPlan, AQueryMayHaveTheObjectsOwnNames) {
  WorkloadSpec spec = SpecWith("web", {"load"});
  spec.target.name = "web-v2";
  spec.metrics[0].type = MetricType::kSource;
  spec.metrics[0].query = R"(a{n="${namespace}",o="${name}",t="${target}"} ${other} ${name}$)";
  const auto reads = PlanReads(*ViewOf(spec, 2), PodMetricsFrom::kMetricsServer);
  ASSERT_TRUE(reads[0]);
  EXPECT_EQ(reads[0]->query.expression, R"(a{n="shop",o="web",t="web-v2"} ${other} web$)");
  // A name that could end a string in somebody's query language stands nowhere.
  spec.target.name = R"(x"} or {")";
  const auto refused = PlanReads(*ViewOf(spec, 2), PodMetricsFrom::kMetricsServer);
  ASSERT_FALSE(refused[0]);
  EXPECT_EQ(refused[0].error().message,
            "the query has ${target}, and that name cannot stand there");
  spec.metrics[0].query = R"(a{o="${name}"})";
  EXPECT_TRUE(PlanReads(*ViewOf(spec, 2), PodMetricsFrom::kMetricsServer)[0]);
}

TEST(ReadPlan, NamesASourceAsTheModelDoes) {
  SourceSpec source;
  source.name = "prom";
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.source = {"ClusterMetricSource", "prom"};
  EXPECT_EQ(Plan(metric).source, NameOf(source));
  source.ns = "shop";
  metric.source.kind = "MetricSource";
  EXPECT_EQ(Plan(metric).source, NameOf(source));
}

TEST(ReadPlan, WhatCannotBeAskedIsAnErrorAndTheOthersAreAsked) {
  WorkloadSpec spec = SpecWith("web", {"load", "load", "load"});
  spec.metrics[0].type = MetricType::kUnknown;
  spec.metrics[1].type = MetricType::kExternal;
  spec.metrics[1].metric_selector = LabelSelector{{}, {{"zone", "Near", {"a"}}}};
  const auto reads = PlanReads(*ViewOf(spec, 2), PodMetricsFrom::kMetricsServer);
  ASSERT_EQ(reads.size(), 3U);
  ASSERT_FALSE(reads[0]);
  EXPECT_EQ(reads[0].error().code, ErrorCode::kInvalidArgument);
  ASSERT_FALSE(reads[1]);
  EXPECT_EQ(reads[1].error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(reads[2]);
}

// Reads are saved only where Decide() would not look at them. In a dry run a shadow does, whose
// size may be any.
TEST(ReadPlan, NeedsReadsWhereverDecideAsksMetrics) {
  constexpr std::pair<Replicas, Replicas> kSizes[] = {{2, 0},  {2, 1},  {2, 2}, {2, 5},
                                                      {2, 10}, {2, 11}, {0, 0}, {0, 1}};
  const DecideConfig config;
  for (const Mode mode : {Mode::kActive, Mode::kDryRun, Mode::kPaused}) {
    for (const auto& [min, size] : kSizes) {
      for (const auto& [conflict, ours] :
           {std::pair<std::string, bool>{"", false}, std::pair<std::string, bool>{"", true},
            std::pair<std::string, bool>{"another", false}}) {
        for (const ScaleStatus status : {ScaleStatus::kKnown, ScaleStatus::kUnknown,
                                         ScaleStatus::kNotFound, ScaleStatus::kForbidden}) {
          WorkloadSpec spec = SpecWith("web", {"load"});
          spec.mode = mode;
          spec.min_replicas = min;
          spec.max_replicas = 10;
          WorkloadView view = *ViewOf(spec, size);
          view.conflict = conflict;
          view.scale.status = status;
          view.scaled_to_zero = size == 0 && ours;
          const PolicySet policies = testing::MakeFollowers(spec);
          const std::vector<ReadingResult> readings{testing::Answer(3, Timestamp{})};
          const Decided decided =
              Decide({Timestamp{}, config, WorkloadId{0}, view, policies, readings}, {});
          const bool shadowed = mode == Mode::kDryRun && status == ScaleStatus::kKnown;
          EXPECT_EQ(NeedsReads(view), shadowed || !decided.decision.metrics.empty())
              << "mode " << static_cast<int>(mode) << " size " << size << " " << conflict
              << " status " << static_cast<int>(status);
        }
      }
    }
  }
}

}  // namespace
}  // namespace hpaplus
