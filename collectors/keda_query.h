#pragma once

#include <compare>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/source_keda.h"

namespace hpaplus::collectors {

/// A query to an external scaler of KEDA:
///
///     orders                        the metric of that name
///     *                             its only metric
///     isActive()                    1 while the scaler calls itself active, otherwise 0
///     orders?queue=a%20b&shard=3    the same with more metadata, percent-encoded
struct KedaQuery {
  enum class Asks { kMetric, kOnlyMetric, kActivity };
  Asks asks = Asks::kMetric;
  std::string metric;                           // kMetric: its name.
  std::map<std::string, std::string> metadata;  // All that the scaler is told, the source's too.
  auto operator<=>(const KedaQuery&) const = default;
};

/// kInvalidArgument: the text is none of these, or sets a key that the source does not let queries
/// set.
[[nodiscard]] Result<KedaQuery> ParseKedaQuery(std::string_view text,
                                               const KedaScalerSource& source);

}  // namespace hpaplus::collectors
