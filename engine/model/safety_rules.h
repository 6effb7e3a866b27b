#pragma once

#include "engine/model/rule_checks.h"

namespace hpaplus {

/// The CEL rules about what engine/model/safety.h has.
class SafetyRules : RuleChecks {
 public:
  explicit SafetyRules(Problems& problems) : RuleChecks(problems) {}

  /// `spec` of an HPAPlus; may be null.
  void Check(const Json* spec);

 private:
  void CheckIdle(const Json* spec);
  void CheckFallback(const Json* spec);
  void CheckMetrics(const Json* metrics);
  void CheckMetric(const Json& metric, const std::string& path);
  void CheckInput(const Json& metric, const std::string& path);
  void CheckValidity(const Json& metric, const std::string& path);
};

}  // namespace hpaplus
