#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/embedded/json.h"

namespace hpaplus::embedded {

/// The part of Kubernetes' JSONPath that printer columns use: .member, ['member'], [n], [*], .. is
/// not among it, [?(@.member=="value")] with ==, !=, <, <=, >, >= and a bare @.member.
class JsonPath {
 public:
  /// ".status.conditions[?(@.type=="Ready")].status"; kInvalidArgument says where it goes wrong.
  [[nodiscard]] static Result<JsonPath> Parse(std::string_view text);

  /// Pointers into `root`, in document order.
  [[nodiscard]] std::vector<const Json*> Find(const Json& root) const;

 private:
  enum class StepKind { kMember, kIndex, kAll, kFilter };
  struct Step {
    StepKind kind = StepKind::kMember;
    std::string name;  // Member, or the path of a filter.
    long index = 0;
    std::string op;     // Of a filter; empty: the member only has to be there.
    std::string value;  // Of a filter, without quotes.
  };
  friend class JsonPathParser;

  static bool Passes(const Step& filter, const Json& element);
  static void Take(const Step& step, const Json& from, std::vector<const Json*>& out);

  std::vector<Step> steps_;
};

}  // namespace hpaplus::embedded
