#include "engine/embedded/custom_schema.h"

#include <nlohmann/json.hpp>

#include "engine/model/spec_check.h"

namespace hpaplus::embedded {
namespace {

constexpr char kOurGroup[] = "autoscaling.hpaplus.io";

StatusCause CauseOf(const FieldProblem& problem) {
  return {std::string(ProblemReason(problem.kind)), problem.message, problem.path};
}

}  // namespace

Result<std::shared_ptr<const CustomSchema>> CustomSchema::Create(const Json& schema,
                                                                 const std::string& group) {
  Result<Schema> parsed = Schema::Create(schema);
  if (!parsed) return parsed.error();
  return std::shared_ptr<const CustomSchema>(
      new CustomSchema(std::move(*parsed), group == kOurGroup));
}

std::vector<std::string> CustomSchema::Prune(Json& object) const {
  return schema_.Prune(object);
}

void CustomSchema::Default(Json& object) const {
  schema_.Default(object);
}

std::vector<StatusCause> CustomSchema::Validate(const Json& object) const {
  std::vector<StatusCause> causes;
  bool blocked = false;
  for (const FieldProblem& problem : schema_.Validate(object)) {
    causes.push_back(CauseOf(problem));
    blocked = blocked || BlocksRules(problem.kind);
  }
  if (!ours_ || !schema_.has_rules()) return causes;
  if (blocked) {
    causes.push_back({"FieldValueInvalid",
                      "Invalid value: null: some validation rules were not checked because the "
                      "object was invalid; correct the existing errors to complete validation",
                      "<nil>"});
    return causes;
  }
  for (const FieldProblem& problem : CheckRules(object))
    causes.push_back(CauseOf(problem));
  return causes;
}

bool CustomSchema::has_unchecked_rules() const {
  return (!ours_ && schema_.has_rules()) || !schema_.checks_everything();
}

}  // namespace hpaplus::embedded
