#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/model/formula.h"
#include "policies/total.h"

namespace hpaplus::policies {

/// A metric whose number is computed from those of others, and then judged by another policy as
/// that of a Source:
///
///     number = formula(inputs);  its age is that of the oldest input
///
/// An input that is missing, stale or invalid makes the number unknown; the problem has its name.
/// A formula without a finite value (a division by zero) is InvalidData, as NaN is elsewhere. An
/// input with onMissing: Zero is 0 where it has no usable sample; unless its source answered that
/// there is nothing, what comes of it is no evidence.
///
/// Where `in.reading` has a number that one is judged: what stands in for the formula's own.
class FormulaMetric final : public Policy {
 public:
  /// What the formula calls by name, of the readings of all metrics.
  struct Input {
    std::size_t metric = 0;
    std::string name;
    TotalKind kind = TotalKind::kSource;
    Duration stale_after{};
    Range range;
    bool missing_is_zero = false;
  };
  struct Config {
    SharedFormula formula;
    std::vector<Input> inputs;
    std::size_t metrics = 0;  // Of the object.
    std::unique_ptr<const Policy> judge;
  };

  /// kInvalidArgument: there is no formula, or nobody to judge its value.
  [[nodiscard]] static Result<std::unique_ptr<const Policy>> Create(Config config);

  [[nodiscard]] std::string_view name() const override { return "formula"; }
  [[nodiscard]] MetricOutcome Propose(const PolicyInput& in) const override;

 private:
  explicit FormulaMetric(Config config) : config_(std::move(config)) {}

  const Config config_;
};

}  // namespace hpaplus::policies
