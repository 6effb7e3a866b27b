#pragma once

#include <optional>
#include <string_view>

namespace hpaplus {

/// How a document that holds numbers is written.
enum class DocumentFormat {
  kJson,
  kYaml,
  kXml,
  kNumber,  // One number and nothing else.
};

/// "JSON", "YAML", "XML", "Number": as a source names its format. Null: there is no such format.
[[nodiscard]] std::optional<DocumentFormat> DocumentFormatNamed(std::string_view name);

}  // namespace hpaplus
