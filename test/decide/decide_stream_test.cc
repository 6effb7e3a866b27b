// The command itself: an answer before the next line is read, and clear words about bad lines.

#include <algorithm>
#include <sstream>
#include <streambuf>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/app/commands.h"
#include "engine/app/exit_codes.h"

namespace hpaplus::app {
namespace {

using nlohmann::json;

// Gives a line only when all lines before it have been answered.
class PatientSource : public std::streambuf {
 public:
  PatientSource(std::vector<std::string> lines, const std::ostringstream& answers)
      : lines_(std::move(lines)), answers_(answers) {}

 protected:
  int_type underflow() override {
    const std::string so_far = answers_.str();
    const auto answered = std::count(so_far.begin(), so_far.end(), '\n');
    EXPECT_EQ(answered, static_cast<std::ptrdiff_t>(next_)) << "read ahead";
    if (next_ == lines_.size()) return traits_type::eof();
    line_ = lines_[next_++] + "\n";
    setg(line_.data(), line_.data(), line_.data() + line_.size());
    return traits_type::to_int_type(line_[0]);
  }

 private:
  const std::vector<std::string> lines_;
  const std::ostringstream& answers_;
  std::size_t next_ = 0;
  std::string line_;
};

struct Outcome {
  int exit_code = 0;
  std::vector<json> answers;
  std::string errors;
};

Outcome Decide(const std::vector<std::string>& lines, const DecideOptions& options = {}) {
  std::ostringstream out;
  std::ostringstream err;
  PatientSource source(lines, out);
  std::istream in(&source);
  Outcome outcome;
  outcome.exit_code = DecideStream(options, in, out, err);
  std::istringstream answers(out.str());
  for (std::string line; std::getline(answers, line);)
    outcome.answers.push_back(json::parse(line));
  outcome.errors = err.str();
  return outcome;
}

// An HPAPlus of three replicas that a source asks to become `rps` / 10.
json Case(double rps) {
  return {{"name", "rps"},
          {"input",
           {{"hpa",
             {{"kind", "HPAPlus"},
              {"metadata", {{"name", "web"}}},
              {"spec",
               {{"scaleTargetRef", {{"kind", "Deployment"}, {"name", "web"}}},
                {"maxReplicas", 50},
                {"metrics",
                 {{{"type", "Source"},
                   {"name", "rps"},
                   {"source",
                    {{"ref", {{"name", "prom"}}},
                     {"query", "sum(rps)"},
                     {"target", {{"type", "AverageValue"}, {"averageValue", "10"}}}}}}}}}}}},
            {"steps",
             {{{"now", "2026-11-23T14:00:00Z"},
               {"scale", {{"spec", {{"replicas", 3}}}, {"status", {{"replicas", 3}}}}},
               {"metrics", {{{"api", "source"}, {"name", "prom"}, {"value", rps}}}}}}}}}};
}

std::string ErrorOf(const json& line) {
  const Outcome outcome = Decide({line.dump()});
  EXPECT_EQ(outcome.exit_code, kExitUnparseable);
  EXPECT_EQ(outcome.answers[0]["line"], 1);
  return outcome.answers[0]["error"];
}

TEST(DecideStream, AnswersEachLineBeforeItReadsTheNext) {
  const Outcome outcome = Decide({Case(60).dump(), Case(30).dump(), Case(45).dump()});
  EXPECT_EQ(outcome.exit_code, kExitOk);
  ASSERT_EQ(outcome.answers.size(), 3U);
  EXPECT_EQ(outcome.answers[0]["steps"][0]["desiredReplicas"], 6);
  EXPECT_EQ(outcome.answers[1]["steps"][0]["desiredReplicas"], 3);
  EXPECT_EQ(outcome.answers[2]["steps"][0]["desiredReplicas"], 5);
  EXPECT_EQ(outcome.errors, "");
}

TEST(DecideStream, ExplainsEveryStage) {
  const json step = Decide({Case(60).dump()}).answers[0]["steps"][0];
  std::vector<std::string> stages;
  for (const json& stage : step["explain"]) {
    stages.push_back(stage["stage"]);
    EXPECT_TRUE(stage.contains("before") && stage.contains("after") && stage.contains("reason") &&
                stage.contains("evidence"))
        << stage.dump();
  }
  EXPECT_EQ(stages,
            (std::vector<std::string>{"Metric", "Combine", "Stabilize", "Rate", "Bounds", "Mode"}));
  EXPECT_EQ(step["explain"][0]["evidence"]["ratio"], 2.0);
  EXPECT_FALSE(step.contains("counterfactuals"));
  EXPECT_EQ(step["summary"], "3 -> 6: rps 60 over 10 each (needs 6)");
}

TEST(DecideStream, SaysWhatWouldHaveChangedTheDecisionWhenAsked) {
  const json step = Decide({Case(60).dump()}, {true}).answers[0]["steps"][0];
  EXPECT_EQ(step["counterfactuals"][0]["text"], "5 replicas if rps < 50");
}

TEST(DecideStream, NamesTheLineAndThePathAndGoesOn) {
  json bad = Case(60);
  bad["input"]["steps"][0]["now"] = "noon";
  const Outcome outcome = Decide({Case(60).dump(), bad.dump(), "{", Case(60).dump()});
  EXPECT_EQ(outcome.exit_code, kExitUnparseable);
  ASSERT_EQ(outcome.answers.size(), 4U);
  EXPECT_EQ(outcome.answers[1]["line"], 2);
  EXPECT_EQ(outcome.answers[1]["error"],
            "input.steps[0].now is not a time such as 2026-11-23T14:02:17Z");
  EXPECT_EQ(outcome.answers[2]["line"], 3);
  EXPECT_EQ(outcome.answers[3]["steps"][0]["desiredReplicas"], 6);
  EXPECT_NE(outcome.errors.find("line 2: input.steps[0].now is not a time"), std::string::npos);
  EXPECT_NE(outcome.errors.find("line 3: json"), std::string::npos);
}

TEST(DecideStream, NamesEveryKindOfMistake) {
  const auto with = [](const char* pointer, const json& value) {
    json line = Case(60);
    line[json::json_pointer(pointer)] = value;
    return ErrorOf(line);
  };
  EXPECT_EQ(with("/input", json(nullptr)), "input is missing");
  EXPECT_EQ(with("/input/hpa", json(nullptr)), "input.hpa is missing");
  EXPECT_EQ(with("/input/hpa/kind", "Deployment"),
            "input.hpa.kind is neither HorizontalPodAutoscaler nor HPAPlus");
  EXPECT_EQ(with("/input/hpa/spec/maxReplicas", 0),
            "input.hpa.spec.maxReplicas is 0 and not in 1 to 100000");
  EXPECT_EQ(with("/input/steps/0/now", json(nullptr)), "input.steps[0].now is missing");
  EXPECT_EQ(with("/input/steps/0/scale/spec/replicas", "3"),
            "input.steps[0].scale.spec.replicas is not an integer");
  EXPECT_EQ(with("/input/steps/0/metrics/0/api", "prometheus"),
            "input.steps[0].metrics[0].api is none of resource, pods, object, external, source");
  EXPECT_EQ(with("/input/steps/0/metrics/0/value", "many"),
            "input.steps[0].metrics[0].value is not a number");
  EXPECT_EQ(with("/input/steps/0/metrics/0", {{"api", "pods"}}),
            "input.steps[0].metrics[0].response is missing, and so is an error");
  EXPECT_EQ(with("/input/config", {{"downscaleStabilizationSeconds", -1}}),
            "input.config.downscaleStabilizationSeconds is no number of seconds");
  EXPECT_EQ(with("/input/history", {{"recommendations", {{{"replicas", 3}}}}}),
            "input.history.recommendations[0].time is missing");
  EXPECT_EQ(with("/kind", "case"),
            "kind is none of parse, fromMilli, groupPods, calculateRequests");
  EXPECT_EQ(with("/input/steps/0/pods", {{"items", {json(nullptr)}}}).substr(0, 33),
            "input.steps[0].pods.items[0] is u");
}

TEST(DecideStream, SkipsEmptyLinesAndCountsThem) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in("\n  \n{\n");
  EXPECT_EQ(DecideStream({}, in, out, err), kExitUnparseable);
  EXPECT_EQ(json::parse(out.str())["line"], 3);
}

TEST(DecideStream, EndsWhenNobodyReadsOn) {
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream err;
  std::istringstream in(Case(60).dump() + "\n");
  EXPECT_EQ(DecideStream({}, in, out, err), kExitFailed);
}

TEST(DecideStream, AMetricAnswerThatIsNonsenseIsAMetricThatCannotBeRead) {
  json line = Case(60);
  line["input"]["hpa"]["spec"]["metrics"] = {
      {{"type", "External"},
       {"external",
        {{"metric", {{"name", "queue"}}},
         {"target", {{"type", "AverageValue"}, {"averageValue", "10"}}}}}}};
  json& step = line["input"]["steps"][0];
  step["scale"]["status"]["selector"] = "app=web";
  step["metrics"] = {
      {{"api", "external"}, {"metric", "queue"}, {"response", {{"items", {{{"value", "x"}}}}}}}};
  const json answer = Decide({line.dump()}).answers[0]["steps"][0];
  EXPECT_EQ(answer["errorLabel"], "internal");
  EXPECT_EQ(answer["explain"][0]["reason"], "SourceFailed");
  EXPECT_EQ(answer["summary"].get<std::string>().substr(0, 7), "3 -> 3:");
  EXPECT_NE(answer["summary"].get<std::string>().find("unknown"), std::string::npos);
  EXPECT_NE(answer["explain"][0]["evidence"]["problem"].get<std::string>().find("quantity"),
            std::string::npos);
}

}  // namespace
}  // namespace hpaplus::app
