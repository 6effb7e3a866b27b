#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus::embedded {

/// One request as the HTTP server hands it on.
struct ApiRequest {
  std::string method;
  std::string path;                          // Decoded, without the query.
  std::map<std::string, std::string> query;  // Decoded; of a repeated key the first.
  std::string accept;
  std::string content_type;  // Without parameters.
  std::string body;
  std::string host;  // As the client names this server.

  [[nodiscard]] std::string Query(const std::string& key) const;
  /// "1" and "true", as Go reads a boolean.
  [[nodiscard]] bool QueryFlag(const std::string& key) const;
};

/// A path under /api or /apis, taken apart.
struct ResourcePath {
  std::string group;
  std::string version;
  std::string ns;
  std::string plural;
  std::string name;
  std::string subresource;
};

/// kNotFound when the path is none of a resource.
[[nodiscard]] Result<ResourcePath> ParseResourcePath(std::string_view path);

/// What the client wants to get.
enum class Representation { kObject, kTable, kMetadata, kNone };

/// From an Accept header: the first part that can be served; kNone when none can.
[[nodiscard]] Representation NegotiateRepresentation(std::string_view accept);
/// Whether the client takes an apidiscovery.k8s.io/v2 document.
[[nodiscard]] bool AcceptsAggregatedDiscovery(std::string_view accept);

[[nodiscard]] std::vector<std::string> Split(std::string_view text, char separator);

}  // namespace hpaplus::embedded
