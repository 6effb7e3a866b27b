#pragma once

#include <memory>
#include <string>
#include <vector>

// Declarations only: whoever has a document to check includes the library itself in its .cc.
#include <nlohmann/json_fwd.hpp>

#include "engine/base/result.h"
#include "engine/model/field_problem.h"

namespace hpaplus {

/// The openAPIV3Schema of a custom resource, doing what an API server does with it, in an API
/// server's words. CEL rules are not evaluated here, nor allOf, oneOf, not, and anyOf except for
/// int-or-string: checks_everything() tells. Immutable, cheap to copy, thread-safe.
class Schema {
 public:
  /// kInvalidArgument names the place in the schema: a pattern that does not compile, a wrong
  /// type of keyword, nesting above 64.
  [[nodiscard]] static Result<Schema> Create(const nlohmann::ordered_json& schema);

  /// Removes what the schema does not know, and gives its paths, ordered. apiVersion, kind and
  /// metadata of the object itself stay.
  std::vector<std::string> Prune(nlohmann::ordered_json& object) const;

  /// Fills in defaults. A null where none is allowed is like an absent field.
  void Default(nlohmann::ordered_json& object) const;

  /// Everything that is wrong with an object that has its defaults, ordered by path. Unknown
  /// fields are Prune()'s business.
  [[nodiscard]] std::vector<FieldProblem> Validate(const nlohmann::ordered_json& object) const;

  /// Whether some part of the schema has x-kubernetes-validations.
  [[nodiscard]] bool has_rules() const;
  /// False when it has keywords that Validate() leaves out; has_rules() aside.
  [[nodiscard]] bool checks_everything() const;

  struct Node;  // Public for the functions in the .cc only.

 private:
  explicit Schema(std::shared_ptr<const Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const Node> root_;
};

}  // namespace hpaplus
