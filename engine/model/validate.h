#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hpaplus {

/// Something that is wrong in a file: file:line:column, the object that it is about, and what.
struct Finding {
  std::string file;
  int line = 1;
  int column = 1;
  std::string kind;  // "HPAPlus"; empty when the file is no YAML at this place.
  std::string name;  // "shop/checkout", or "prometheus" for an object without a namespace.
  std::string path;  // "spec.maxReplicas"; empty: the object itself.
  std::string message;
};

struct ValidationReport {
  std::vector<Finding> findings;  // By place in the file.
  std::size_t checked = 0;        // Objects of our kinds.
  std::size_t skipped = 0;        // Objects of other API groups, which are none of our business.
};

/// Checks every object of ours in a YAML or JSON text, items of a List included, by the rules of
/// our CRDs. An object of our group whose kind or version does not exist is a finding. Objects
/// after a syntax error are not seen; the error is the last finding.
[[nodiscard]] ValidationReport ValidateText(std::string_view file, std::string_view text);

/// "deploy.yaml:12:7: HPAPlus shop/checkout: spec.maxReplicas: Required value"
[[nodiscard]] std::string ToString(const Finding& finding);

}  // namespace hpaplus
