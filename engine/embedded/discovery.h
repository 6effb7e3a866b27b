#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/embedded/json.h"
#include "engine/embedded/resource.h"

namespace hpaplus::embedded {

// The documents from which clients learn what is served.

[[nodiscard]] Json VersionDocument();
[[nodiscard]] Json ApiVersionsDocument(const std::string& server_address);
[[nodiscard]] Json GroupListDocument(const ResourceTable& resources);
[[nodiscard]] std::optional<Json> GroupDocument(const ResourceTable& resources,
                                                const std::string& group);
[[nodiscard]] std::optional<Json> ResourceListDocument(const ResourceTable& resources,
                                                       const std::string& group,
                                                       const std::string& version);
/// apidiscovery.k8s.io/v2; of the core group or of all others.
[[nodiscard]] Json AggregatedDocument(const ResourceTable& resources, bool core);

[[nodiscard]] Json OpenApiIndexDocument(const ResourceTable& resources);
/// As much of OpenAPI v3 as kubectl needs to know that the server checks fields itself.
[[nodiscard]] std::optional<Json> OpenApiDocument(const ResourceTable& resources,
                                                  const std::string& group,
                                                  const std::string& version);

}  // namespace hpaplus::embedded
