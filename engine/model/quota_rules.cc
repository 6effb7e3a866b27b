#include "engine/model/quota_rules.h"

#include <fmt/core.h>

namespace hpaplus {

void QuotaRules::CheckAmount(const Json& resource, const std::string& path, const char* key) {
  const Json* const value = Find(&resource, key);
  const auto amount = QuotaRules::QuantityOf(value);
  if (amount && amount->Sign() < 0) Refuse(path + "." + key, *value, "must be at least 0");
}

void QuotaRules::CheckOrder(const Json& resource, const std::string& path, const char* less,
                            const char* more) {
  const auto low = QuotaRules::QuantityOf(Find(&resource, less));
  const auto high = QuotaRules::QuantityOf(Find(&resource, more));
  if (low && high && *high < *low) Refuse(path, fmt::format("{} must not exceed {}", less, more));
}

void QuotaRules::CheckQuota(const Json& root) {
  const Json* const spec = Find(&root, "spec");
  const Json* const evaluation = Find(spec, "evaluation");
  CheckDuration(Find(evaluation, "period"), "spec.evaluation.period", "1s", "1h");
  CheckDuration(Find(evaluation, "staleAfter"), "spec.evaluation.staleAfter", "1s", "24h");
  CheckDuration(Find(Find(spec, "grow"), "cooldown"), "spec.grow.cooldown", "0s", "168h");
  CheckDuration(Find(Find(spec, "shrink"), "stabilizationWindow"),
                "spec.shrink.stabilizationWindow", "0s", "168h");
  const Json* const resources = Find(spec, "resources");
  if (resources == nullptr || !resources->is_array()) return;
  for (std::size_t i = 0; i < resources->size(); ++i) {
    const Json& one = (*resources)[i];
    const std::string path = fmt::format("spec.resources[{}]", i);
    for (const char* key : {"min", "max", "headroom", "lends", "borrows"})
      CheckAmount(one, path, key);
    const Json* const step = Find(&one, "step");
    const auto amount = QuotaRules::QuantityOf(step);
    if (amount && amount->Sign() <= 0) Refuse(path + ".step", *step, "must be greater than 0");
    CheckOrder(one, path, "min", "max");
    CheckOrder(one, path, "lends", "min");
  }
}

void QuotaRules::CheckPool(const Json& root) {
  const Json* const spec = Find(&root, "spec");
  const Json* const parent = Find(Find(spec, "parentRef"), "name");
  if (parent != nullptr && *parent == TextOf(Find(Find(&root, "metadata"), "name"))) {
    Refuse("", "a pool is not its own parent");
  }
  const Json* const allowed = Find(spec, "allowedNamespaces");
  if (allowed != nullptr &&
      (TextOf(Find(allowed, "from")) == "Names") != (Find(allowed, "names") != nullptr)) {
    Refuse("spec.allowedNamespaces", "names goes with from: Names");
  }
  const Json* const resources = Find(spec, "resources");
  if (resources == nullptr || !resources->is_array()) return;
  for (std::size_t i = 0; i < resources->size(); ++i) {
    const Json& one = (*resources)[i];
    const std::string path = fmt::format("spec.resources[{}]", i);
    for (const char* key : {"capacity", "min", "lends", "borrows"})
      CheckAmount(one, path, key);
    CheckOrder(one, path, "min", "capacity");
    if (Find(&one, "lends") != nullptr && Find(&one, "min") == nullptr) {
      Refuse(path, "lends must not exceed min");
    }
    CheckOrder(one, path, "lends", "min");
  }
}

}  // namespace hpaplus
