#include "test/support/hpa_case.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/kube/objects_reply.h"
#include "engine/model/label_selector.h"
#include "engine/replay/hpa_round.h"
#include "test/support/hpa_answers.h"
#include "test/support/hpa_spec_reader.h"

namespace hpaplus::testing {
namespace {

using nlohmann::json;
using replay::HpaStatus;
using replay::RoundFaults;
using replay::RoundResult;
using Put = RoundFaults::Put;

// Go's RFC3339Nano: without zeros at the end of the fraction.
std::string NanoText(Timestamp at) {
  std::string text = FormatRfc3339(at, true);
  if (text.find('.') == std::string::npos) return text;
  text.pop_back();
  while (text.back() == '0')
    text.pop_back();
  return text + "Z";
}

Timestamp ReadTime(const json& text) {
  return *ParseRfc3339(text.get<std::string>());
}

History ReadHistory(const json& input) {
  History out;
  const auto events = [&input](const char* key) {
    std::vector<ScaleEvent> list;
    for (const json& event : input.value(key, json::array())) {
      list.push_back(
          {event.value("change", 0), ReadTime(event["time"]), event.value("outdated", false)});
    }
    return list;
  };
  if (input.contains("recommendations") && !input["recommendations"].is_null()) {
    out.recommendations.emplace();
    for (const json& entry : input["recommendations"])
      out.recommendations->push_back({entry.value("replicas", 0), ReadTime(entry["time"])});
  }
  out.scale_ups = events("scaleUpEvents");
  out.scale_downs = events("scaleDownEvents");
  return out;
}

json WriteHistory(const History& history) {
  const auto events = [](const std::vector<ScaleEvent>& list) {
    json out = json::array();
    for (const ScaleEvent& event : list) {
      json item = {{"change", event.change}, {"time", NanoText(event.at)}};
      if (event.outdated) item["outdated"] = true;
      out.push_back(item);
    }
    return out;
  };
  json recommendations = json::array();
  if (history.recommendations) {
    for (const Recommendation& entry : *history.recommendations) {
      recommendations.push_back({{"replicas", entry.replicas}, {"time", NanoText(entry.at)}});
    }
  }
  return {{"recommendations", recommendations},
          {"scaleUpEvents", events(history.scale_ups)},
          {"scaleDownEvents", events(history.scale_downs)}};
}

HpaStatus ReadStatus(const json& hpa) {
  HpaStatus out;
  const json status = hpa.value("status", json::object());
  out.current_replicas = status.value("currentReplicas", 0);
  out.desired_replicas = status.value("desiredReplicas", 0);
  if (status.contains("lastScaleTime")) out.last_scale_time = ReadTime(status["lastScaleTime"]);
  for (const json& condition : status.value("conditions", json::array())) {
    out.conditions.push_back(
        {condition.value("type", ""), condition.value("status", ""), condition.value("reason", ""),
         condition.contains("lastTransitionTime") ? ReadTime(condition["lastTransitionTime"])
                                                  : Timestamp()});
  }
  return out;
}

RoundFaults ReadFaults(const json& faults) {
  RoundFaults out;
  for (const json& fault : faults.value("updateScale", json::array())) {
    const bool conflict = fault.value("reason", "") == "Conflict" || fault.value("code", 0) == 409;
    out.scale_puts.push_back(fault.is_null() ? Put::kOk : conflict ? Put::kConflict : Put::kError);
  }
  out.status_put_fails = faults.contains("updateStatus");
  return out;
}

// One entry of currentMetrics: the spec's identification of the metric with its current numbers.
json WriteMetric(const json& spec, const replay::CurrentMetric& metric) {
  const MetricOutcome& outcome = metric.outcome;
  if (!outcome.proposal) return {{"type", ""}};
  const bool memory = metric.spec.resource == "memory";
  const auto format = memory ? Quantity::Format::kBinarySI : Quantity::Format::kDecimalSI;
  const auto text = [format](std::int64_t milli) {
    return Quantity::FromMilli(milli, format).ToString();
  };
  json current = json::object();
  if (outcome.average_utilization) current["averageUtilization"] = *outcome.average_utilization;
  if (outcome.value_milli) current["value"] = text(*outcome.value_milli);
  // The HPA divides by zero pods, too; on amd64 that gives the smallest integer.
  const std::int64_t over_no_pods = std::numeric_limits<std::int64_t>::min();
  if (!outcome.value_milli) {
    current["averageValue"] = text(outcome.average_value_milli.value_or(over_no_pods));
  }
  json out = spec;
  for (auto& [key, value] : out.items()) {
    if (!value.is_object()) continue;
    value.erase("target");
    value["current"] = current;
  }
  return out;
}

class CaseRun {
 public:
  CaseRun(const json& input, const PolicyFactory& policies)
      : input_(input),
        make_policies_(policies),
        config_(ReadHpaConfig(input["config"])),
        gates_(ReadHpaGates(input["config"])),
        hpa_(input["hpa"]),
        history_(ReadHistory(input.value("history", json::object()))),
        status_(ReadStatus(hpa_)) {
    current_metrics_ = hpa_.value("status", json::object()).value("currentMetrics", json(nullptr));
    for (const json& other : input.value("otherHPAs", json::array())) {
      if (other.value("namespace", "") != hpa_["metadata"].value("namespace", "")) continue;
      if (auto parsed = ParseSelector(other.value("selector", ""))) others_.push_back(*parsed);
    }
  }

  json Run() {
    json steps = json::array();
    for (const json& step : input_["steps"])
      steps.push_back(RunStep(step));
    return steps;
  }

 private:
  json RunStep(const json& step) {
    if (step.contains("pods")) ReadPods(step["pods"]);
    if (step.contains("metrics")) answers_ = step["metrics"];
    if (step.contains("scale")) ReadScale(step["scale"]);
    if (step.contains("hpaSpec")) hpa_["spec"] = step["hpaSpec"];
    if (step.value("hpaDeleted", false)) {
      history_ = {};
      status_ = {};
      current_metrics_ = nullptr;
      return {{"deleted", true},          {"rescaled", false},
              {"desiredReplicas", 0},     {"action", ""},
              {"errorLabel", ""},         {"scaleUpdates", json::array()},
              {"events", json::array()},  {"computations", json::array()},
              {"state", WriteHistory({})}};
    }
    faults_ = step.value("faults", json::object());
    const Timestamp now = ReadTime(step["now"]);
    WorkloadView view = MakeView();
    const PolicySet policies = make_policies_(*view.spec);
    std::vector<ReadingResult> readings;
    for (const MetricSpec& metric : view.spec->metrics)
      readings.push_back(AnswerMetric(answers_, metric, view.spec->ns));
    const RoundFaults faults = ReadFaults(faults_);
    const bool bad_target = std::ranges::count(view.spec->target.api_version, '/') > 1;
    const RoundResult result = RunHpaRound(
        {now, config_, view, policies, readings, faults, bad_target}, status_, history_);
    if (result.rescaled) scale_.spec_replicas = result.decision.desired;
    if (result.status_written && status_.metrics) WriteMetrics();
    return Write(result);
  }

  void ReadPods(const json& list) {
    pods_.clear();
    for (const json& item : list.value("items", json::array())) {
      const auto pod = kube::ParsePod(item.dump());
      if (!pod) throw std::runtime_error(pod.error().message);
      pods_.emplace_back(pod->ns, std::make_shared<const Pod>(pod->pod));
    }
  }

  void ReadScale(const json& scale) {
    scale_ = {};
    scale_.spec_replicas = scale.value("spec", json::object()).value("replicas", 0);
    const json status = scale.value("status", json::object());
    scale_.status_replicas = status.value("replicas", 0);
    if (status.contains("selector")) scale_.selector = status["selector"].get<std::string>();
  }

  WorkloadView MakeView() {
    WorkloadView view;
    const auto spec = std::make_shared<WorkloadSpec>(ReadHpa(hpa_, gates_));
    view.spec = spec;
    view.scale = scale_;
    const bool readable = !faults_.contains("getScale") &&
                          IsKnownKind(spec->target.api_version, spec->target.kind) &&
                          std::ranges::count(spec->target.api_version, '/') <= 1;
    view.scale.status = readable ? ScaleStatus::kKnown : ScaleStatus::kFailed;
    const auto selector = ParseSelector(scale_.selector.value_or(""));
    if (!selector) return view;
    for (const auto& [ns, pod] : pods_) {
      if (ns == spec->ns && selector->Matches(pod->labels)) view.pods.push_back(pod);
    }
    view.ambiguous_selector = std::ranges::any_of(others_, [&view](const ParsedSelector& other) {
      return std::ranges::any_of(view.pods,
                                 [&other](const auto& pod) { return other.Matches(pod->labels); });
    });
    return view;
  }

  void WriteMetrics() {
    current_metrics_ = nullptr;
    const json specs = DefaultedMetrics(hpa_["spec"]);
    for (std::size_t i = 0; i < status_.metrics->size(); ++i)
      current_metrics_.push_back(WriteMetric(specs[i], (*status_.metrics)[i]));
  }

  [[nodiscard]] json WriteStatus() const {
    json conditions = json::array();
    for (const auto& condition : status_.conditions) {
      conditions.push_back({{"type", condition.type},
                            {"status", condition.status},
                            {"reason", condition.reason},
                            {"lastTransitionTime", FormatRfc3339(condition.since)}});
    }
    json out = {{"currentReplicas", status_.current_replicas},
                {"desiredReplicas", status_.desired_replicas},
                {"currentMetrics", current_metrics_},
                {"conditions", conditions}};
    if (status_.last_scale_time) out["lastScaleTime"] = FormatRfc3339(*status_.last_scale_time);
    return out;
  }

  [[nodiscard]] json Write(const RoundResult& result) const {
    json puts = json::array();
    for (const auto& put : result.puts) {
      const char* const kResults[] = {"ok", "conflict", "error"};
      puts.push_back(
          {{"replicas", put.replicas}, {"result", kResults[static_cast<int>(put.result)]}});
    }
    json events = json::array();
    for (const auto& event : result.events) {
      events.push_back({{"type", event.warning ? "Warning" : "Normal"}, {"reason", event.name}});
    }
    json computations = json::array();
    const json specs = DefaultedMetrics(hpa_["spec"]);
    for (std::size_t i = 0; i < result.computations.size(); ++i) {
      const auto& item = result.computations[i];
      computations.push_back(
          {{"type", specs[i].value("type", "")}, {"action", item.action}, {"error", item.error}});
    }
    return {{"scaleUpdates", puts},
            {"rescaled", result.rescaled},
            {"desiredReplicas", status_.desired_replicas},
            {"statusWritten", result.status_written},
            {"status", WriteStatus()},
            {"action", result.action},
            {"errorLabel", result.error_label},
            {"events", events},
            {"computations", computations},
            {"state", WriteHistory(history_)}};
  }

  const json& input_;
  const PolicyFactory& make_policies_;
  const DecideConfig config_;
  const HpaGates gates_;
  json hpa_;
  json answers_ = json::array();
  json faults_;
  json current_metrics_;
  std::vector<std::pair<std::string, std::shared_ptr<const Pod>>> pods_;
  std::vector<ParsedSelector> others_;
  ScaleState scale_;
  History history_;
  HpaStatus status_;
};

}  // namespace

std::vector<nlohmann::json> LoadHpaCases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::vector<json> cases;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) cases.push_back(json::parse(line));
  }
  return cases;
}

nlohmann::json RunHpaCase(const nlohmann::json& hpa_case, const PolicyFactory& policies) {
  return CaseRun(hpa_case["input"], policies).Run();
}

}  // namespace hpaplus::testing
