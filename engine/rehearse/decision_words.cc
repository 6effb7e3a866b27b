#include "engine/rehearse/decision_words.h"

#include <algorithm>

#include <fmt/format.h>

namespace hpaplus::rehearse {
namespace {

bool Moves(const DecisionStep& step) {
  return step.before != step.after && ShapesSize(step.stage);
}

std::string WinnerText(const Decision& decision, const WorkloadSpec& spec) {
  const auto combined = std::ranges::find(decision.steps, Stage::kCombine, &DecisionStep::stage);
  if (combined == decision.steps.end()) return "";
  const std::size_t index = combined->index;
  if (index >= decision.metrics.size() || index >= spec.metrics.size()) return "";
  const MetricOutcome& outcome = decision.metrics[index];
  if (!outcome.proposal) {
    return fmt::format("nothing is known of {} ({})", spec.metrics[index].name,
                       ReasonName(outcome.reason));
  }
  std::string text = fmt::format("{} asks for {} ({}", spec.metrics[index].name, *outcome.proposal,
                                 ReasonName(outcome.reason));
  if (outcome.ratio > 0) text += fmt::format(", {:.4g} of its target", outcome.ratio);
  return text + ")";
}

}  // namespace

LastWord LastWordOf(const Decision& decision) {
  LastWord word;
  for (const DecisionStep& step : decision.steps) {
    if (Moves(step) || step.stage == Stage::kCombine) word = {step.stage, step.reason};
  }
  return word;
}

std::string ExplainSize(const Decision& decision, const WorkloadSpec& spec) {
  std::string text = WinnerText(decision, spec);
  for (const DecisionStep& step : decision.steps) {
    if (!Moves(step)) continue;
    text += fmt::format("{}{} {} -> {} ({})", text.empty() ? "" : "; ", StageName(step.stage),
                        step.before, step.after, ReasonName(step.reason));
  }
  return text;
}

}  // namespace hpaplus::rehearse
