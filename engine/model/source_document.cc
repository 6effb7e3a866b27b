#include "engine/model/source_document.h"

#include <utility>

namespace hpaplus {

std::optional<DocumentFormat> DocumentFormatNamed(std::string_view name) {
  constexpr std::pair<std::string_view, DocumentFormat> kFormats[] = {
      {"JSON", DocumentFormat::kJson},
      {"YAML", DocumentFormat::kYaml},
      {"XML", DocumentFormat::kXml},
      {"Number", DocumentFormat::kNumber},
  };
  for (const auto& [known, format] : kFormats) {
    if (known == name) return format;
  }
  return std::nullopt;
}

}  // namespace hpaplus
