#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus {

class SharedFormula;

/// A formula over metrics: over the sizes that they ask for ("max(cpu, rps * 1.1)") or over their
/// values ("(queue + 2 * inflight) / capacity"). Immutable; every function is total, there are no
/// loops, and the value depends on the inputs alone. Thread-safe.
///
/// Numbers, + - * / ^, comparisons, && and ||, `a ? b : c`, parentheses, and min, max, sum, avg,
/// abs, ceil, floor, round, sqrt. A metric is written by its name, '-' as '_' ("busy_workers"),
/// with a '_' before a leading digit ("_5xx").
class Formula {
 public:
  static constexpr std::size_t kTextMost = 1024;  // As the schema has it.
  static constexpr std::size_t kDepthMost = 32;   // Of parentheses, those of functions too.

  /// kInvalidArgument: it does not parse, or names what is not there; the message says which, and
  /// in which column, counted from 1.
  [[nodiscard]] static Result<SharedFormula> Compile(std::string_view text,
                                                     std::span<const std::string> metric_names);

  ~Formula();
  Formula(const Formula&) = delete;
  Formula& operator=(const Formula&) = delete;

  /// values[i] belongs to metric_names[i]. Null: there is no such number, as after a division by
  /// zero.
  [[nodiscard]] std::optional<double> Evaluate(std::span<const double> values) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool Uses(std::size_t metric) const { return uses_[metric]; }

 private:
  class Parser;
  Formula(std::string text, std::unique_ptr<Parser> parser, std::vector<bool> uses);

  const std::string text_;
  const std::vector<bool> uses_;
  const std::unique_ptr<Parser> parser_;
};

/// A formula or none. Two are equal when their texts are.
class SharedFormula {
 public:
  SharedFormula() = default;
  explicit SharedFormula(std::shared_ptr<const Formula> formula) : formula_(std::move(formula)) {}

  explicit operator bool() const { return formula_ != nullptr; }
  const Formula* operator->() const { return formula_.get(); }
  bool operator==(const SharedFormula& other) const;

 private:
  std::shared_ptr<const Formula> formula_;
};

}  // namespace hpaplus
