#include "engine/replay/case_run.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/core/selector_check.h"
#include "engine/replay/deviations.h"
#include "engine/replay/json_answers.h"

namespace hpaplus::replay {
namespace {

bool HasBadVersion(const ObjectRef& target) {
  return std::ranges::count(target.api_version, '/') > 1;
}

bool SaysScaledToZero(const HpaStatus& status) {
  return std::ranges::any_of(status.conditions, [](const StoredCondition& condition) {
    return condition.type == ConditionTypeName(ConditionType::kScaledToZero) &&
           condition.status == ConditionStatusName(ConditionStatus::kTrue);
  });
}

}  // namespace

CaseRun::CaseRun(HpaCase hpa_case, const PolicyFactory& make, const Options& options)
    : case_(std::move(hpa_case)),
      admitted_(case_.object),
      make_(make),
      options_(options),
      policies_(make(*case_.object.spec)) {
  scale_.status = ScaleStatus::kKnown;
}

void CaseRun::Take(CaseStep& step) {
  if (step.object) {
    case_.object = *step.object;
    policies_ = make_(*case_.object.spec);
  }
  if (step.scale) scale_ = *std::move(step.scale);
  if (step.pods) pods_ = *std::move(step.pods);
  if (step.answers) answers_ = *std::move(step.answers);
}

std::string CaseRun::ScaleProblem(const CaseStep& step) const {
  const ObjectRef& target = case_.object.spec->target;
  if (HasBadVersion(target)) return "no API version: " + target.api_version;
  if (case_.object.hpa && !IsKnownKind(target.api_version, target.kind)) {
    return "no kind " + target.kind + " in " + target.api_version;
  }
  return step.get_scale_problem;
}

WorkloadView CaseRun::View(const CaseStep& step) const {
  WorkloadView view;
  view.spec = case_.object.spec;
  view.scale = scale_;
  view.scale.problem = ScaleProblem(step);
  if (!view.scale.problem.empty()) view.scale.status = ScaleStatus::kFailed;
  view.scaled_to_zero = case_.gates.scale_to_zero && SaysScaledToZero(case_.status);
  const auto selector = ParseSelector(scale_.selector.value_or(""));
  if (!selector || selector->matches_everything()) return view;
  for (const auto& [ns, pod] : pods_) {
    if (ns == view.spec->ns && selector->Matches(*pod->labels)) view.pods.push_back(pod);
  }
  view.ambiguous_selector = std::ranges::any_of(case_.others, [&view](const OtherSelector& other) {
    return other.ns == view.spec->ns && std::ranges::any_of(view.pods, [&other](const auto& pod) {
             return other.selector.Matches(*pod->labels);
           });
  });
  return view;
}

std::vector<Proposal> CaseRun::Propose(const RoundInput& in, const Decision& decision) const {
  std::vector<Proposal> proposals;
  if (!IsUsableSelector(in.view.scale.selector)) return proposals;
  const std::vector<MetricSpec>& metrics = in.view.spec->metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const PolicyInput input{in.now, in.config, in.view, in.readings[i], in.readings};
    proposals.push_back({metrics[i].type, i < decision.metrics.size()
                                              ? decision.metrics[i]
                                              : policies_[i]->Propose(input)});
  }
  return proposals;
}

StepResult CaseRun::Step() {
  HPAPLUS_CHECK(!done());
  CaseStep& step = case_.steps[next_++];
  Take(step);
  StepResult out;
  out.new_spec = step.object.has_value();
  out.object = case_.object;
  if (step.deleted) {
    out.deleted = true;
    case_.history = {};
    case_.status = {};
    case_.metrics.clear();
    return out;
  }
  const WorkloadView view = View(step);
  std::vector<ReadingResult> readings;
  for (const MetricSpec& metric : view.spec->metrics)
    readings.push_back(FindAnswer(answers_, metric));
  const RoundInput input{step.now,
                         case_.config,
                         view,
                         policies_,
                         readings,
                         step.faults,
                         HasBadVersion(view.spec->target),
                         case_.gates.scale_to_zero};
  if (options_.counterfactuals) {
    out.counterfactuals = FindCounterfactuals(
        {step.now, case_.config, WorkloadId{0}, view, policies_, readings}, case_.history);
  }
  out.round = RunHpaRound(input, case_.status, case_.history);
  if (out.round.rescaled) scale_.spec_replicas = out.round.decision.desired;
  if (case_.status.metrics) case_.metrics.clear();
  out.status = case_.status;
  out.first_metrics = case_.metrics;
  out.proposals = Propose(input, out.round.decision);
  out.view = view;
  if (case_.object.hpa) out.deviations = DeviationsOf(input, out.proposals);
  out.history = case_.history;
  return out;
}

}  // namespace hpaplus::replay
