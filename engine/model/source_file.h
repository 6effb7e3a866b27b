#pragma once

#include <optional>
#include <string>

#include "engine/model/source_document.h"

namespace hpaplus {

/// spec.file of a source: a document that somebody writes to a directory of the engine's.
struct FileSource {
  std::string path;  // Below the directory: names between slashes, none of them "." or "..".
  std::optional<DocumentFormat> format = DocumentFormat::kJson;  // Null: exposition text.
  bool operator==(const FileSource&) const = default;
};

}  // namespace hpaplus
