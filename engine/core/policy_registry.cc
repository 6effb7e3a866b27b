#include "engine/core/policy_registry.h"

#include <utility>

#include "engine/base/check.h"

namespace hpaplus {

void PolicyRegistry::Add(std::string name, Make make) {
  HPAPLUS_CHECK(by_name_.emplace(std::move(name), std::move(make)).second);
}

const PolicyRegistry::Make* PolicyRegistry::Find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

std::vector<std::string> PolicyRegistry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, unused] : by_name_)
    names.push_back(name);
  return names;
}

}  // namespace hpaplus
