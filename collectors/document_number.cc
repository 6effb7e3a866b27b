#include "collectors/document_number.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "collectors/http_answer.h"
#include "collectors/numbers.h"
#include "engine/base/quantity.h"

namespace hpaplus::collectors {
namespace {

// Longer texts are no numbers that anybody writes.
constexpr std::size_t kLongestNumber = 64;

}  // namespace

std::optional<ScalarSample> NumberFromText(std::string_view text, Timestamp at) {
  // "k" and "." are quantities of zero to Kubernetes. Here they are not numbers.
  const bool has_digit = std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!has_digit || text.size() > kLongestNumber) return std::nullopt;
  if (const std::optional<double> number = ParseDouble(text)) {
    if (!std::isfinite(*number)) return std::nullopt;
    return ScalarSample{.at = at, .value = *number, .milli = MilliFromDouble(*number)};
  }
  const Result<Quantity> quantity = Quantity::Parse(text);
  if (!quantity || !std::isfinite(quantity->AsDouble())) return std::nullopt;
  return ScalarSample{.at = at, .value = quantity->AsDouble(), .milli = SampleMilli(*quantity)};
}

Error NoNumberAt(std::string_view path, std::string_view found) {
  return {ErrorCode::kMalformedData,
          fmt::format("business monitor: no number at {}: {}", Printable(path), found)};
}

std::vector<ScalarSample> CombineValues(Aggregation aggregation, std::vector<ScalarSample> values,
                                        Timestamp at) {
  if (aggregation == Aggregation::kCount && values.empty()) return {ScalarSample{.at = at}};
  SelectorQuery query;
  query.aggregation = aggregation;
  return Aggregate(query, std::move(values));
}

}  // namespace hpaplus::collectors
