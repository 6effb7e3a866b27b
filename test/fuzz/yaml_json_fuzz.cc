#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "engine/model/yaml_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const hpaplus::YamlText result = hpaplus::ReadYaml(text);
  for (const hpaplus::YamlDocument& document : result.documents) {
    HPAPLUS_CHECK(nlohmann::json::accept(document.json));
    for (const auto& [path, position] : document.positions)
      HPAPLUS_CHECK(position.line >= 1 && position.column >= 1);
  }
  return 0;
}
