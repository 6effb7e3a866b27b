#include "engine/app/explainer.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "engine/app/decision_json.h"
#include "engine/app/what_if.h"
#include "engine/core/counterfactual.h"
#include "engine/replay/counterfactual_json.h"
#include "policies/builtin.h"

namespace hpaplus::app {

using Json = nlohmann::ordered_json;

namespace {

// The same situation, with the object changed.
Result<Json> DecideWith(const Situation& situation, const std::string& change) {
  const Round& round = *situation.round;
  Result<WorkloadSpec> changed = WhatIf(*round.view->spec, change);
  if (!changed) return changed.error();
  WorkloadView view = *round.view;
  view.spec = std::make_shared<const WorkloadSpec>(*std::move(changed));
  const PolicySet policies = policies::MakeBuiltinPolicies(*view.spec);
  const Decided decided = Decide(
      {round.at, situation.config, round.id, view, policies, round.readings}, *situation.history);
  Json json = DecisionJson(decided.decision, view);
  json["change"] = change;
  return json;
}

}  // namespace

Status AddAlternatives(const Situation& situation, const std::string& what_if, Json& decision) {
  const Round& round = *situation.round;
  const PolicySet policies = policies::MakeBuiltinPolicies(*round.view->spec);
  const DecideInput in{round.at, situation.config, round.id, *round.view, policies, round.readings};
  decision["counterfactuals"] =
      replay::CounterfactualsJson(FindCounterfactuals(in, *situation.history), *round.view->spec);
  if (what_if.empty()) return Done{};
  Result<Json> other = DecideWith(situation, what_if);
  if (!other) return other.error();
  decision["whatIf"] = *std::move(other);
  return Done{};
}

}  // namespace hpaplus::app
