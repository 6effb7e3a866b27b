#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/model/hpa_admission.h"
#include "engine/model/hpa_object.h"
#include "engine/model/label_selector.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"
#include "engine/replay/hpa_round.h"

namespace hpaplus::replay {

/// What is scaled in a case. The autoscaling/v2 object beside the spec is what admission and the
/// names in results need; an HPAPlus has none.
struct CaseObject {
  std::shared_ptr<const WorkloadSpec> spec;
  std::optional<HpaObject> hpa;      // Defaulted, without disabled fields.
  std::vector<HpaProblem> problems;  // What an API server says against it.
};

/// What a metric API answers to one question.
struct MetricAnswer {
  std::string api;       // "resource", "pods", "object", "external", "source"
  std::string metric;    // pods, object, external: the metric's name.
  std::string selector;  // The same: the metric selector, canonical.
  ObjectRef object;      // object
  SourceRef source;      // source; without a name it answers for every one.
  std::string query;     // source; empty: whatever the query.
  ReadingResult reading = Error{ErrorCode::kNotFound, "no answer"};
};

/// A pod with its namespace, which is not part of the Pod.
using CasePod = std::pair<std::string, std::shared_ptr<const Pod>>;

/// What changes before one reconciliation. Null: as in the step before.
struct CaseStep {
  Timestamp now{};
  bool deleted = false;              // The object does not exist in this step.
  std::optional<CaseObject> object;  // The user replaced the spec.
  std::optional<ScaleState> scale;
  std::optional<std::vector<CasePod>> pods;
  std::optional<std::vector<MetricAnswer>> answers;
  RoundFaults faults;
  std::string get_scale_problem;  // Why the scale cannot be read; empty: it can.
};

/// The selector that another autoscaler of some namespace scales by.
struct OtherSelector {
  std::string ns;
  ParsedSelector selector;
};

/// One object and a timeline of reconciliations: a line of `hpaplus decide` (docs/decide.md).
struct HpaCase {
  std::string name;
  DecideConfig config;
  HpaGates gates;
  CaseObject object;
  HpaStatus status;     // Stored before the first step.
  std::string metrics;  // Its currentMetrics, as JSON; empty: none.
  std::vector<OtherSelector> others;
  History history;
  std::vector<CaseStep> steps;
};

}  // namespace hpaplus::replay
