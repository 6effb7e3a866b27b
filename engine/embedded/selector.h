#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// A label selector: "app=web,tier in (a,b),!debug".
class LabelSelector {
 public:
  /// kInvalidArgument in the words of the API server.
  [[nodiscard]] static Result<LabelSelector> Parse(std::string_view text);

  /// From metav1.LabelSelector. A null or missing one selects nothing, an empty one everything.
  [[nodiscard]] static LabelSelector FromJson(const Json* selector);

  /// `labels` may be null.
  [[nodiscard]] bool Matches(const Json* labels) const;
  [[nodiscard]] bool empty() const { return !nothing_ && requirements_.empty(); }

  /// "app=web,tier in (a,b)", sorted by key, as status.selector of a Scale has it.
  [[nodiscard]] std::string ToString() const;

 private:
  enum class Operator { kIn, kNotIn, kExists, kDoesNotExist, kGreater, kLess };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;
    bool equality = false;  // written as "=" or "!="
  };
  friend class LabelParser;

  static bool Fits(const Requirement& requirement, const Json* value);

  bool nothing_ = false;
  std::vector<Requirement> requirements_;
};

/// A field selector: "metadata.name=web,spec.mode!=Paused".
class FieldSelector {
 public:
  /// Only fields named in `known` are accepted; kInvalidArgument in the words of the API server.
  [[nodiscard]] static Result<FieldSelector> Parse(std::string_view text,
                                                   const std::vector<std::string>& known);

  [[nodiscard]] bool Matches(const Json& object) const;

  /// The value that metadata.name has to have, or nothing.
  [[nodiscard]] std::string name() const;

 private:
  struct Term {
    std::string path;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
};

}  // namespace hpaplus::embedded
