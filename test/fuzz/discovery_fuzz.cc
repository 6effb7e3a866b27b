#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/discovery_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto versions = hpaplus::kube::ParseApiGroup(text)) {
    for (const auto& version : *versions)
      HPAPLUS_CHECK(!version.empty());
  }
  if (const auto resources = hpaplus::kube::ParseApiResources(text)) {
    for (const auto& resource : *resources)
      HPAPLUS_CHECK(!resource.name.empty());
  }
  return 0;
}
