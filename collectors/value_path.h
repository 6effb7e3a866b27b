#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/selector_query.h"
#include "engine/base/result.h"

namespace hpaplus::collectors {

/// The longest path that is followed, in steps.
inline constexpr std::size_t kMostPathSteps = 32;
/// The most values that a path with wildcards may lead to.
inline constexpr std::size_t kMostValues = 100'000;

struct PathStep {
  enum class Kind {
    kName,   // A key, an element; where there is a list, an index.
    kIndex,  // "[3]": an element of a list.
    kAll,    // "[*]": all elements of a list, all values of an object.
  };
  Kind kind = Kind::kName;
  std::string name;  // kName, kIndex.
  bool operator==(const PathStep&) const = default;

  [[nodiscard]] bool is_index() const;  // Whether it can be one: all digits.
};

/// Which number of a document is wanted, whatever language that is written in.
struct ValuePath {
  Aggregation aggregation = Aggregation::kNone;  // Set when there is a kAll.
  std::vector<PathStep> steps;
};

/// Step by step, "queue.depth", "items.0.depth" or "items[0].depth"; or as a JSON Pointer (RFC
/// 6901), "/queue/depth" with ~1 for a slash and ~0 for a tilde. Which it is tells the first
/// character. A name with a dot or a bracket can only be reached with a pointer.
///
/// "sum(shards[*].busy)", "avg", "max", "min" and "count" make one number of all that "[*]" leads
/// to; without one of them there is no "[*]", and without "[*]" none of them.
///
/// kInvalidArgument for an empty step, a bad escape or bracket, more than kMostPathSteps steps.
[[nodiscard]] Result<ValuePath> ParseValuePath(std::string_view text);

}  // namespace hpaplus::collectors
