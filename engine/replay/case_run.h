#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/counterfactual.h"
#include "engine/core/policy.h"
#include "engine/replay/hpa_case.h"
#include "engine/replay/hpa_round.h"

namespace hpaplus::replay {

/// What one metric alone proposes.
struct Proposal {
  MetricType type = MetricType::kUnknown;
  MetricOutcome outcome;
};

/// What one reconciliation did.
struct StepResult {
  bool deleted = false;  // There was no object; nothing else means anything.
  CaseObject object;     // As it was in this step.
  bool new_spec = false;
  RoundResult round;
  WorkloadView view;  // What it was decided from.
  HpaStatus status;   // As stored afterwards.
  /// The stored currentMetrics, where this and all earlier steps left them as they were before the
  /// first one. As JSON; empty: none.
  std::string first_metrics;
  std::vector<Proposal> proposals;           // Where the scale has a usable selector.
  History history;                           // Afterwards.
  std::vector<std::string_view> deviations;  // From the stock HPA; of an HPA only.
  std::vector<Counterfactual> counterfactuals;
};

/// Runs a case: a cluster with one autoscaler, one reconciliation after the other. Pure apart from
/// its own memory; the same case gives the same results.
class CaseRun {
 public:
  struct Options {
    bool counterfactuals = false;
  };

  /// `make` must outlive this.
  CaseRun(HpaCase hpa_case, const PolicyFactory& make, const Options& options);

  [[nodiscard]] const std::string& name() const { return case_.name; }
  /// The object of the first step.
  [[nodiscard]] const CaseObject& admitted() const { return admitted_; }
  [[nodiscard]] bool done() const { return next_ == case_.steps.size(); }
  /// Precondition: !done().
  [[nodiscard]] StepResult Step();

 private:
  void Take(CaseStep& step);
  [[nodiscard]] std::string ScaleProblem(const CaseStep& step) const;
  [[nodiscard]] WorkloadView View(const CaseStep& step) const;
  [[nodiscard]] std::vector<Proposal> Propose(const RoundInput& in, const Decision& decision) const;

  HpaCase case_;
  const CaseObject admitted_;
  const PolicyFactory& make_;
  const Options options_;
  std::size_t next_ = 0;
  PolicySet policies_;
  ScaleState scale_;
  std::vector<CasePod> pods_;
  std::vector<MetricAnswer> answers_;
};

}  // namespace hpaplus::replay
