#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::kube {

/// The versions in which a group is served, the preferred one first. kMalformedData when the text
/// is no APIGroup. Pure.
[[nodiscard]] Result<std::vector<std::string>> ParseApiGroup(std::string_view json);

struct ApiResource {
  std::string name;  // Plural; "deployments/scale" for a subresource.
  std::string kind;
  bool namespaced = false;
};

/// kMalformedData when the text is no APIResourceList. Pure.
[[nodiscard]] Result<std::vector<ApiResource>> ParseApiResources(std::string_view json);

}  // namespace hpaplus::kube
