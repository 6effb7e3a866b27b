#pragma once

#include <cstddef>

#include "engine/model/decision.h"

namespace hpaplus {

/// What a stage makes of the number it was given.
struct StageResult {
  Replicas replicas = 0;
  Reason reason = Reason::kNone;
  double evidence = 0;    // The number that convinced it.
  std::size_t index = 0;  // As in DecisionStep.
};

/// One decision on its way through the stages: the number so far, and what explains it.
class Trail {
 public:
  /// Begins `decision` anew, in the memory that it has; it must outlive the trail.
  Trail(Decision& decision, WorkloadId workload, Timestamp now, Replicas current);

  [[nodiscard]] Decision& decision() { return decision_; }
  [[nodiscard]] Replicas current() const { return decision_.current; }
  [[nodiscard]] Replicas desired() const { return decision_.desired; }

  /// The number becomes the stage's.
  void Move(Stage stage, const StageResult& to);

  /// What one metric says; the number stays.
  void Note(Stage stage, const StageResult& said);

  /// A condition set by an earlier stage gives way to that of a later one.
  void Set(ConditionType type, ConditionStatus status, Reason reason);

  /// Ends the decision with the size as it is.
  void Hold(ConditionType type, ConditionStatus status, Reason reason);

 private:
  Decision& decision_;
};

}  // namespace hpaplus
