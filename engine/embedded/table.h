#pragma once

#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/embedded/json.h"
#include "engine/embedded/resource.h"

namespace hpaplus::embedded {

/// columnDefinitions of the meta.k8s.io/v1 Table for a resource.
[[nodiscard]] Json TableColumns(const Resource& resource);

/// One row: the cells and the object's metadata.
[[nodiscard]] Json TableRow(const Resource& resource, const Json& object, Timestamp now);

/// {"kind":"PartialObjectMetadata", ...}
[[nodiscard]] Json MetadataOf(const Json& object);

/// As kubectl prints an age: "5s", "3m12s", "47m", "5h10m", "3d4h", "400d".
[[nodiscard]] std::string HumanAge(Duration age);

/// The columns of a built-in kind and the cells under them.
[[nodiscard]] std::vector<PrinterColumn> BuiltinColumns(const std::string& kind);
[[nodiscard]] Json BuiltinCells(const std::string& kind, const Json& object, Timestamp now);

}  // namespace hpaplus::embedded
