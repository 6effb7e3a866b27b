#pragma once

#include <map>
#include <string>
#include <vector>

namespace hpaplus {

/// spec.kedaExternalScaler of a source of type KedaExternalScaler: a scaler that was written for
/// KEDA and speaks proto/externalscaler.proto.
struct KedaScalerSource {
  std::string scaled_object;  // The name that it is told; empty: the source's own.
  std::map<std::string, std::string> metadata;  // Its configuration; no query can change a key.
  std::vector<std::string> query_keys;          // Further keys, which a query may set. Ordered.
  bool operator==(const KedaScalerSource&) const = default;
};

}  // namespace hpaplus
