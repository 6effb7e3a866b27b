#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/api/decision_board.h"
#include "engine/api/trigger_config.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::api {

/// One metric as KEDA is told it.
struct MetricAnswer {
  std::string name;  // Lower case, [a-z0-9_.-], unique, without KEDA's own "s0-".
  double target = 1;
  Result<double> value = Error{ErrorCode::kUnavailable, "not evaluated yet"};  // Never negative.
};

/// Everything that one trigger answers, from one evaluation. Immutable.
struct TriggerAnswer {
  Timestamp at{};  // Of the evaluation; the epoch: there was none yet.
  Duration good_for{};
  std::vector<MetricAnswer> metrics;  // Never empty.
  Result<bool> active = Error{ErrorCode::kUnavailable, "not evaluated yet"};
};

/// What a trigger that names an object answers. A metric's value is
///
///     its number as a whole                       Object, External, Source, Formula metrics
///     the replicas that it would take * target    queues; pods' metrics
///     the replicas that it asks for, over 1       steps, and policies by name
///     the size that was decided, over 1           drive
///
/// so that an HPA with that target comes to the size that the metric asks for. What is not known is
/// an error and never zero. Active is what core/activation.h says; an object that has only pods'
/// metrics always is.
///
/// kNotFound: the object has no such metric. kInvalidArgument: it has none that could be told.
[[nodiscard]] Result<TriggerAnswer> AnswerOf(const ObjectTrigger& trigger, const BoardEntry& entry);

/// kUnavailable: the evaluation is too long ago for its values to be told.
[[nodiscard]] Status CheckAge(const TriggerAnswer& answer, Timestamp now);

}  // namespace hpaplus::api
