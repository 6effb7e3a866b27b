#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::rehearse {

/// One field that two objects do not have in common.
struct FieldChange {
  enum class Kind { kAdded, kRemoved, kChanged };

  Kind kind = Kind::kChanged;
  std::string path;    // "spec.metrics[rps].source.target.averageValue"
  std::string before;  // As JSON; empty: it was not there.
  std::string after;   // As JSON; empty: it is not there any more.
};

/// What makes one object of another, in the order of the fields of `before`, new ones at the end of
/// what surrounds them. Elements of a list go by their names where all have one and each another,
/// else by their places. A number and the text of it are the same. What an API server adds of its
/// own accord (status, uid, managedFields, ...) is not looked at. kMalformedData: no JSON, or too
/// large.
[[nodiscard]] Result<std::vector<FieldChange>> DiffFields(std::string_view before,
                                                          std::string_view after);

}  // namespace hpaplus::rehearse
