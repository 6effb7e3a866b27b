#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::collectors {

/// The longest path that is followed, in steps.
inline constexpr std::size_t kMostPathSteps = 32;

struct JsonNumber {
  double value = 0;
  std::int64_t milli = 0;  // See MilliFromDouble.
};

/// A path into a JSON document, step by step: "queue.depth" and "items.0.depth", or as a JSON
/// Pointer (RFC 6901) "/queue/depth" with ~1 for a slash and ~0 for a tilde. Which it is tells the
/// first character. A key that contains a dot can only be reached with a pointer.
/// kInvalidArgument for an empty step, a bad escape or more than kMostPathSteps steps.
[[nodiscard]] Result<std::vector<std::string>> ParseJsonPath(std::string_view path);

/// The number at each path, one result per path, in order. A number is a JSON number, or a string
/// that is a number or a Kubernetes quantity and nothing else ("12", "1.5k"). Anything else at the
/// path, or nothing there, or a key that occurs twice, is kMalformedData naming the path and what
/// was found. When the body is no JSON document, every result says so.
[[nodiscard]] std::vector<Result<JsonNumber>> ReadJsonNumbers(std::string_view body,
                                                              std::span<const std::string> paths);

}  // namespace hpaplus::collectors
