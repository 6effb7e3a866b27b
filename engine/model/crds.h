#pragma once

#include <span>
#include <string_view>

namespace hpaplus {

struct EmbeddedFile {
  std::string_view name;  // "hpapluses.yaml"
  std::string_view text;
};

/// The custom resource definitions in charts/hpaplus/crds, as they were when this was built.
[[nodiscard]] std::span<const EmbeddedFile> EmbeddedCrds();

}  // namespace hpaplus
