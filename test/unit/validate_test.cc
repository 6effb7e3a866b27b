#include "engine/model/validate.h"

#include <string>

#include <gtest/gtest.h>

namespace hpaplus {
namespace {

std::string Findings(std::string_view text) {
  std::string lines;
  for (const Finding& finding : ValidateText("f.yaml", text).findings)
    lines += ToString(finding) + "\n";
  return lines;
}

constexpr std::string_view kGood = R"(apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  maxReplicas: 3
)";

TEST(ValidateText, CountsWhatItChecksAndSkips) {
  const auto report = ValidateText(
      "f.yaml", std::string(kGood) + "---\napiVersion: apps/v1\nkind: Deployment\n---\n" +
                    std::string(kGood));
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.checked, 2U);
  EXPECT_EQ(report.skipped, 1U);
}

TEST(ValidateText, SaysWhereAndWhat) {
  EXPECT_EQ(Findings(R"(apiVersion: autoscaling.hpaplus.io/v1alpha1
kind: HPAPlus
metadata: {name: web, namespace: shop}
spec:
  scaleTargetRef: {kind: Deployment, name: web}
  minReplicas: 0
  metrics:
  - type: Source
    source:
      ref: {name: prom}
      querry: up
      target: {type: Value, value: -5}
)"),
            "f.yaml:4:1: HPAPlus shop/web: spec: Invalid value: scaling to zero needs "
            "safety.allowScaleToZero: true\n"
            "f.yaml:4:1: HPAPlus shop/web: spec.maxReplicas: Required value\n"
            "f.yaml:6:3: HPAPlus shop/web: spec.minReplicas: Invalid value: 0: spec.minReplicas in "
            "body should be greater than or equal to 1\n"
            "f.yaml:9:5: HPAPlus shop/web: spec.metrics[0].source.query: Required value\n"
            "f.yaml:11:7: HPAPlus shop/web: spec.metrics[0].source.querry: unknown field "
            "\"spec.metrics[0].source.querry\"\n"
            "f.yaml:12:29: HPAPlus shop/web: spec.metrics[0].source.target.value: Invalid value: "
            "-5: must be greater than 0\n");
}

TEST(ValidateText, SaysWhatNoSchemaKnows) {
  EXPECT_EQ(Findings(std::string(kGood) + "  combine: {strategy: Formula, formula: rps}\n"),
            "f.yaml:7:32: HPAPlus shop/web: spec.combine.formula: is unusable: formula: column 1: "
            "there is no metric \"rps\"\n");
  EXPECT_EQ(
      Findings(std::string(kGood) + "  schedules:\n  - name: x\n    timeZone: Europe/Atlantis\n"
                                    "    start: 0 8 * * *\n    duration: 1h\n    minReplicas: 2\n"),
      "f.yaml:9:5: HPAPlus shop/web: spec.schedules[0].timeZone: is unusable: time zone: "
      "there is no \"Europe/Atlantis\" here\n");
}

TEST(ValidateText, LooksIntoLists) {
  EXPECT_EQ(Findings(R"(apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
- apiVersion: autoscaling.hpaplus.io/v1alpha1
  kind: MetricSource
  metadata: {name: m}
  spec: {type: HTTP, endpoint: "http://a", cacheFor: 6m}
)"),
            "f.yaml:9:44: MetricSource m: spec.cacheFor: Invalid value: \"6m\": must be at most "
            "5m\n");
}

TEST(ValidateText, RefusesUnknownKindsAndVersionsOfOurGroup) {
  EXPECT_EQ(Findings("apiVersion: autoscaling.hpaplus.io/v1\nkind: HPAPlus\n"),
            "f.yaml:1:1: HPAPlus: apiVersion: unknown version \"autoscaling.hpaplus.io/v1\"\n");
  EXPECT_EQ(Findings("apiVersion: autoscaling.hpaplus.io/v1alpha1\nkind: NodeOversell\n"),
            "f.yaml:2:1: NodeOversell: kind: unknown kind \"NodeOversell\"\n");
}

TEST(ValidateText, RefusesWhatIsNoObject) {
  EXPECT_EQ(Findings("spec: {}\n"), "f.yaml:1:1: apiVersion and kind are required\n");
  EXPECT_EQ(Findings("- 1\n"), "f.yaml:1:1: apiVersion and kind are required\n");
  EXPECT_EQ(Findings("hello"), "f.yaml:1:1: apiVersion and kind are required\n");
}

TEST(ValidateText, ReportsSyntaxAfterWhatItCouldRead) {
  const auto report = ValidateText("f.yaml", std::string(kGood) + "---\na: 1\na: 2\n");
  EXPECT_EQ(report.checked, 1U);
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(ToString(report.findings[0]), "f.yaml:9:1: duplicate key \"a\"");
}

TEST(ValidateText, ReadsJson) {
  EXPECT_EQ(Findings(R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPAPlus",
 "metadata":{"name":"web"},
 "spec":{"scaleTargetRef":{"kind":"Deployment","name":"web"},"maxReplicas":"3"}})"),
            "f.yaml:3:62: HPAPlus web: spec.maxReplicas: Invalid value: \"string\": "
            "spec.maxReplicas in body must be of type integer: \"string\"\n");
}

TEST(ValidateText, FindsNothingInNothing) {
  const auto report = ValidateText("f.yaml", "# empty\n");
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.checked + report.skipped, 0U);
}

}  // namespace
}  // namespace hpaplus
