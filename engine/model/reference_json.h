#pragma once

#include <nlohmann/json_fwd.hpp>

#include "engine/model/metric_spec.h"

namespace hpaplus {

// As Kubernetes writes them.

[[nodiscard]] nlohmann::ordered_json SelectorJson(const LabelSelector& selector);
[[nodiscard]] nlohmann::ordered_json ObjectRefJson(const ObjectRef& ref);

}  // namespace hpaplus
