#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/core/policy.h"
#include "engine/model/workload.h"

namespace hpaplus {

/// The policies that this program has, by name; docs/write-a-policy.md says how to add one. Filled
/// once at start-up, by one list that names them all, and only read afterwards.
class PolicyRegistry {
 public:
  /// Makes the policy of spec.metrics[metric]. kInvalidArgument: the metric does not fit it.
  using Make = std::function<Result<std::unique_ptr<const Policy>>(const WorkloadSpec& spec,
                                                                   std::size_t metric)>;

  /// Names are permanent: they are part of users' objects. The same one twice is a bug.
  void Add(std::string name, Make make);

  /// Null: there is none of that name.
  [[nodiscard]] const Make* Find(std::string_view name) const;

  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::map<std::string, Make, std::less<>> by_name_;
};

}  // namespace hpaplus
