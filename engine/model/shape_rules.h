#pragma once

#include "engine/model/rule_checks.h"

namespace hpaplus {

/// The CEL rules about what shapes a size: windows, bursts, combination, schedules.
class ShapeRules : RuleChecks {
 public:
  explicit ShapeRules(Problems& problems) : RuleChecks(problems) {}

  /// `spec` of an HPAPlus; may be null.
  void Check(const Json* spec);

 private:
  void CheckMetric(const Json& metric, const std::string& path);
  void CheckSchedules(const Json* spec);
  void CheckSchedule(const Json& schedule, const std::string& path);
};

}  // namespace hpaplus
