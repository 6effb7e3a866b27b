#pragma once

#include <string>
#include <string_view>

namespace hpaplus {

/// The kinds of complaint that an API server has about a field, and two that come before it.
enum class ProblemKind {
  kInvalid,
  kTypeInvalid,
  kRequired,
  kNotSupported,
  kTooLong,
  kTooMany,
  kDuplicate,
  kUnknownField,  // Strict field validation: no such field in the schema.
  kUnknownKind,   // No such kind among ours, or no object at all.
};

/// "FieldValueInvalid": the reason of a cause in a Status. kUnknownField and kUnknownKind have none
/// there; theirs are our own.
[[nodiscard]] std::string_view ProblemReason(ProblemKind kind);

/// One thing that is wrong with an object.
struct FieldProblem {
  std::string path;     // "spec.metrics[1].source.query"; empty: the object itself.
  std::string message;  // As an API server says it: "Invalid value: 0: must be at least 1".
  ProblemKind kind = ProblemKind::kInvalid;
  bool operator==(const FieldProblem&) const = default;
};

}  // namespace hpaplus
