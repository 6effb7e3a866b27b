#include "engine/embedded/custom_schema.h"

#include <nlohmann/json.hpp>

namespace hpaplus::embedded {

Result<std::shared_ptr<const CustomSchema>> CustomSchema::Create(const Json& schema) {
  Result<Schema> parsed = Schema::Create(schema);
  if (!parsed) return parsed.error();
  return std::shared_ptr<const CustomSchema>(new CustomSchema(std::move(*parsed)));
}

std::vector<std::string> CustomSchema::Prune(Json& object) const {
  return schema_.Prune(object);
}

void CustomSchema::Default(Json& object) const {
  schema_.Default(object);
}

std::vector<StatusCause> CustomSchema::Validate(const Json& object) const {
  std::vector<StatusCause> causes;
  for (const FieldProblem& problem : schema_.Validate(object)) {
    causes.push_back({std::string(ProblemReason(problem.kind)), problem.message, problem.path});
  }
  return causes;
}

bool CustomSchema::has_unchecked_rules() const {
  return schema_.has_rules() || !schema_.checks_everything();
}

}  // namespace hpaplus::embedded
