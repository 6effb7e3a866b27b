#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/metric_spec.h"

namespace hpaplus {

/// An object's labels, ordered by key.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// A label selector in Kubernetes' text form: comma separated `k=v`, `k==v`, `k!=v`, `k in (a,b)`,
/// `k notin (a,b)`, `k`, `!k`, `k>1`, `k<1`, all of which must hold. `!=` and `notin` hold for an
/// object without the key. A value type; immutable; default constructed it matches everything.
class ParsedSelector {
 public:
  enum class Operator { kEqual, kNotEqual, kIn, kNotIn, kExists, kAbsent, kAbove, kBelow };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // Ordered; one for kEqual, kNotEqual, kAbove and kBelow.
    std::int64_t bound = 0;           // kAbove, kBelow: the value.
    bool operator==(const Requirement&) const = default;
  };

  ParsedSelector() = default;

  [[nodiscard]] bool Matches(const Labels& labels) const;

  /// Canonical: ordered by key, "app=web,tier in (a,b)". Empty when everything matches.
  [[nodiscard]] std::string ToString() const;

  /// Ordered by key.
  [[nodiscard]] const std::vector<Requirement>& requirements() const { return requirements_; }
  [[nodiscard]] bool matches_everything() const { return requirements_.empty(); }
  bool operator==(const ParsedSelector&) const = default;

 private:
  friend Result<ParsedSelector> ParseSelector(std::string_view text);
  friend Result<ParsedSelector> ConvertSelector(const LabelSelector& selector);

  std::vector<Requirement> requirements_;  // Ordered by key, equal keys as given.
};

/// Empty text matches everything. kMalformedData says what was found and what was expected, or
/// which key or value is no label. At most 64 KiB.
[[nodiscard]] Result<ParsedSelector> ParseSelector(std::string_view text);

/// kInvalidArgument: an unknown operator, a bad key or value, or values that do not fit.
[[nodiscard]] Result<ParsedSelector> ConvertSelector(const LabelSelector& selector);

/// ConvertSelector's inverse. kInvalidArgument: it compares with < or >, which only texts can.
[[nodiscard]] Result<LabelSelector> ToLabelSelector(const ParsedSelector& selector);

/// ConvertSelector's text, the form that metric APIs are asked with.
[[nodiscard]] Result<std::string> SelectorText(const LabelSelector& selector);

}  // namespace hpaplus
