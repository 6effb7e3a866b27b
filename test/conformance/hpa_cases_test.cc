// Decides in the recorded situations of the stock HPA and compares everything but messages. Where
// we deviate on purpose the case is named here, with the rule of docs/hpa-compatibility.md, and has
// to differ: a deviation that is gone must leave the list.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/replay/answer_line.h"
#include "policies/builtin.h"
#include "test/support/recorded_lines.h"

namespace hpaplus::testing {
namespace {

using nlohmann::json;

const std::map<std::string, std::string> kDeviations = {
    {"s1/00069/extreme", "D1"}, {"s1/00089/extreme", "D2"}, {"s1/00116/extreme", "D5"},
    {"s1/00122/extreme", "D5"}, {"s1/00137/extreme", "D2"}, {"s1/00145/extreme", "D1"},
    {"s1/00184/extreme", "D1"}, {"s1/00190/extreme", "D1"}, {"s1/00228/extreme", "D1"},
    {"s1/00242/extreme", "D1"}, {"s1/00248/extreme", "D1"}, {"s1/00261/extreme", "D1"},
    {"s1/00265/extreme", "D1"}, {"s1/00308/extreme", "D1"}, {"s1/01185/extreme", "D5"},
    {"s1/01543/extreme", "D1"}, {"s1/01856/extreme", "D1"}, {"s1/02510/extreme", "D1"},
};

// What is compared of one step, as one object, so that a failure shows both sides.
json Essence(const json& step) {
  json out;
  for (const char* field : {"rescaled", "scaleUpdates", "desiredReplicas", "action", "errorLabel",
                            "computations", "state", "deleted", "admission"}) {
    out[field] = step.value(field, json());
  }
  if (out["admission"].is_object()) {
    for (json& error : out["admission"]["errors"])
      error.erase("detail");
  }
  for (const json& event : step.value("events", json::array()))
    out["events"].push_back({event["type"], event["reason"]});
  const json status = step.value("status", json::object());
  for (const json& condition : status.value("conditions", json::array())) {
    out["conditions"].push_back({condition["type"], condition["status"],
                                 condition.value("reason", ""), condition["lastTransitionTime"]});
  }
  out["currentMetrics"] = status.value("currentMetrics", json());
  out["currentReplicas"] = status.value("currentReplicas", 0);
  out["lastScaleTime"] = status.value("lastScaleTime", json());
  for (const json& proposal : step.value("proposals", json::array()))
    out["proposals"].push_back(proposal.value("replicas", json()));
  return out;
}

json Answer(const std::string& line) {
  const PolicyFactory policies = policies::MakeBuiltinPolicies;
  const auto answer = replay::AnswerLine(line, policies, {});
  if (!answer) throw std::runtime_error(answer.error().message);
  return json::parse(*answer);
}

const std::vector<std::string>& Cases() {
  static const std::vector<std::string> lines =
      RecordedLines(HPAPLUS_SOURCE_DIR, "hpa/cases.jsonl.gz");
  return lines;
}

TEST(HpaCases, DecideAsTheHpaDoesButForTheNamedDeviations) {
  std::set<std::string> deviating;
  EXPECT_EQ(Cases().size(), 639U);
  for (const std::string& line : Cases()) {
    const json item = json::parse(line);
    const auto name = item["name"].get<std::string>();
    SCOPED_TRACE(name);
    const json answer = Answer(line);
    const json& steps = answer["steps"];
    const json& expected = item["expected"]["steps"];
    ASSERT_EQ(steps.size(), expected.size());
    EXPECT_EQ(answer["admission"]["spec"], item["expected"]["admission"]["spec"]);
    bool same = true;
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (kDeviations.contains(name)) {
        const json rules = steps[i].value("deviations", json::array());
        EXPECT_NE(std::ranges::find(rules, json(kDeviations.at(name))), rules.end());
      }
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
  for (const std::string& line : Cases()) {
    const json item = json::parse(line);
    const auto name = item["name"].get<std::string>();
    if (!kDeviations.contains(name)) continue;
    const json answer = Answer(line);
    ASSERT_FALSE(answer.at("steps").empty()) << name;
    for (std::size_t i = 0; i < answer["steps"].size(); ++i) {
      if (answer["steps"][i]["action"] != "scale_down") continue;
      EXPECT_EQ(item["expected"]["steps"].at(i)["action"], "scale_down") << name << " step " << i;
    }
  }
}

TEST(HpaCases, EveryDeviationIsWrittenDown) {
  std::ifstream file(std::string(HPAPLUS_SOURCE_DIR) + "/docs/hpa-compatibility.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const auto& [name, rule] : kDeviations) {
    const std::size_t at = page.find("**" + rule + " ");
    ASSERT_NE(at, std::string::npos) << rule;
    const std::string text = page.substr(at, page.find("\n\n", at) - at);
    EXPECT_NE(text.find(name.substr(3, 5)), std::string::npos) << name << " under " << rule;
  }
}

TEST(HpaCases, GiveTheSameBytesTwice) {
  const PolicyFactory policies = policies::MakeBuiltinPolicies;
  for (const std::string& line : Cases())
    EXPECT_EQ(*replay::AnswerLine(line, policies, {}), *replay::AnswerLine(line, policies, {}));
}

TEST(HpaTables, AdmissionQuantitiesPodsAndRequestsAreTheHpas) {
  std::map<std::string, int> kinds;
  for (const std::string& line : RecordedLines(HPAPLUS_SOURCE_DIR, "hpa/tables.jsonl.gz")) {
    const json item = json::parse(line);
    ++kinds[item.value("kind", "admission")];
    json answer = Answer(line);
    if (item.contains("case")) {
      EXPECT_EQ(answer["case"], item["case"]);
      continue;
    }
    if (answer.contains("errors")) {
      for (json& error : answer["errors"])
        error.erase("detail");
    }
    for (const auto& [key, value] : item["expected"].items()) {
      if (key == "error") {
        EXPECT_TRUE(answer.contains(key)) << item["name"];
      } else {
        EXPECT_EQ(answer[key], value) << item["name"] << " " << key;
      }
    }
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"admission", 300},
                                               {"calculateRequests", 9},
                                               {"fromMilli", 374},
                                               {"groupPods", 14},
                                               {"parse", 836}}));
}

}  // namespace
}  // namespace hpaplus::testing
