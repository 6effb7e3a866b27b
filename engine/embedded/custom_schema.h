#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/embedded/api_error.h"
#include "engine/embedded/json.h"
#include "engine/model/schema.h"

namespace hpaplus::embedded {

/// The schema of one version of a custom resource: what an API server does with an object of it.
/// The rules (CEL) of HPAPlus' own kinds are checked, those of others are not. Immutable;
/// thread-safe.
class CustomSchema {
 public:
  /// From openAPIV3Schema. kInvalidArgument when that is no structural schema.
  [[nodiscard]] static Result<std::shared_ptr<const CustomSchema>> Create(const Json& schema,
                                                                          const std::string& group);

  /// Removes what the schema does not know; the paths of what went, "spec.replica".
  std::vector<std::string> Prune(Json& object) const;
  /// Fills in defaults.
  void Default(Json& object) const;
  /// Everything that is wrong with it.
  [[nodiscard]] std::vector<StatusCause> Validate(const Json& object) const;
  /// True when the definition demands what nothing checks here.
  [[nodiscard]] bool has_unchecked_rules() const;

 private:
  CustomSchema(Schema schema, bool ours) : schema_(std::move(schema)), ours_(ours) {}

  const Schema schema_;
  const bool ours_;
};

}  // namespace hpaplus::embedded
