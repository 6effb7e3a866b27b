#pragma once

#include "engine/model/rule_checks.h"

namespace hpaplus {

/// The CEL rules about what shapes a size: smoothing, burst mode.
class ShapeRules : RuleChecks {
 public:
  explicit ShapeRules(Problems& problems) : RuleChecks(problems) {}

  /// `spec` of an HPAPlus; may be null.
  void Check(const Json* spec);

 private:
  void CheckMetric(const Json& metric, const std::string& path);
};

}  // namespace hpaplus
