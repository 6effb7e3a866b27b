// Decides in the recorded situations of the stock HPA and compares everything but messages. Where
// we deviate on purpose the case is named here, with the rule of docs/hpa-compatibility.md, and has
// to differ: a deviation that is gone must leave the list.

#include <map>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "policies/builtin.h"
#include "test/support/hpa_case.h"

namespace hpaplus::testing {
namespace {

using nlohmann::json;

const std::map<std::string, std::string> kDeviations = {
    {"s1/00069/extreme", "D1"}, {"s1/00089/extreme", "D1"}, {"s1/00122/extreme", "D1"},
    {"s1/00137/extreme", "D2"}, {"s1/00145/extreme", "D1"}, {"s1/00190/extreme", "D1"},
    {"s1/00242/extreme", "D1"}, {"s1/00248/extreme", "D1"}, {"s1/00265/extreme", "D1"},
    {"s1/01543/extreme", "D1"}, {"s1/01856/extreme", "D1"},
};

// What is compared of one step, as one object, so that a failure shows both sides.
json Essence(const json& step) {
  json out;
  for (const char* field : {"rescaled", "scaleUpdates", "desiredReplicas", "action", "errorLabel",
                            "computations", "state"}) {
    out[field] = step.value(field, json());
  }
  for (const json& event : step.value("events", json::array()))
    out["events"].push_back({event["type"], event["reason"]});
  const json status = step.value("status", json::object());
  for (const json& condition : status.value("conditions", json::array())) {
    out["conditions"].push_back({condition["type"], condition["status"], condition["reason"],
                                 condition["lastTransitionTime"]});
  }
  out["currentMetrics"] = status.value("currentMetrics", json());
  out["currentReplicas"] = status.value("currentReplicas", 0);
  out["lastScaleTime"] = status.value("lastScaleTime", json());
  return out;
}

const std::vector<json>& Cases() {
  static const std::vector<json> cases =
      LoadHpaCases(std::string(HPAPLUS_SOURCE_DIR) + "/test/data/hpa/cases.jsonl");
  return cases;
}

TEST(HpaCases, DecideAsTheHpaDoesButForTheNamedDeviations) {
  std::set<std::string> deviating;
  for (const json& item : Cases()) {
    const auto name = item["name"].get<std::string>();
    SCOPED_TRACE(name);
    const json steps = RunHpaCase(item, &policies::MakeBuiltinPolicies);
    const json& expected = item["expected"]["steps"];
    ASSERT_EQ(steps.size(), expected.size());
    bool same = true;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const json ours = Essence(steps[i]);
      const json theirs = Essence(expected[i]);
      same = same && ours == theirs;
      if (kDeviations.contains(name) || ours == theirs) continue;
      ADD_FAILURE() << "step " << i << ", from theirs to ours: " << json::diff(theirs, ours).dump();
    }
    if (!same) deviating.insert(name);
  }
  for (const auto& [name, rule] : kDeviations) {
    EXPECT_TRUE(deviating.contains(name)) << name << " no longer deviates by rule " << rule;
  }
}

TEST(HpaCases, ADeviationNeverMovesAgainstTheLoad) {
  for (const json& item : Cases()) {
    const auto name = item["name"].get<std::string>();
    if (!kDeviations.contains(name)) continue;
    SCOPED_TRACE(name);
    const json steps = RunHpaCase(item, &policies::MakeBuiltinPolicies);
    for (const json& step : steps) {
      EXPECT_NE(step["action"], "scale_down");
    }
  }
}

TEST(HpaCases, GiveTheSameBytesTwice) {
  for (const json& item : Cases()) {
    EXPECT_EQ(RunHpaCase(item, &policies::MakeBuiltinPolicies).dump(),
              RunHpaCase(item, &policies::MakeBuiltinPolicies).dump());
  }
}

}  // namespace
}  // namespace hpaplus::testing
