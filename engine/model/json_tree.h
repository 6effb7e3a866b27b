#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"

namespace hpaplus {

/// A JSON text that can be changed: read by simdjson, within limits, into a mutable tree.
struct JsonTree {
  JsonTree();
  ~JsonTree();
  JsonTree(JsonTree&&) noexcept;
  JsonTree& operator=(JsonTree&&) noexcept;

  std::unique_ptr<nlohmann::ordered_json> root;  // Never null.
  std::vector<std::string> duplicates;           // Paths of keys that came twice; the last counts.
};

/// kMalformedData: no JSON, more than 3 MiB, 20,000 values or 64 levels.
[[nodiscard]] Result<JsonTree> ParseJsonTree(std::string_view json);

}  // namespace hpaplus
