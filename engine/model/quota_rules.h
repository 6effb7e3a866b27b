#pragma once

#include "engine/model/rule_checks.h"

namespace hpaplus {

/// The CEL rules of DynamicQuota and QuotaPool.
class QuotaRules : RuleChecks {
 public:
  explicit QuotaRules(Problems& problems) : RuleChecks(problems) {}

  void CheckQuota(const Json& root);
  void CheckPool(const Json& root);

 private:
  void CheckAmount(const Json& resource, const std::string& path, const char* key);
  void CheckOrder(const Json& resource, const std::string& path, const char* less,
                  const char* more);
};

}  // namespace hpaplus
