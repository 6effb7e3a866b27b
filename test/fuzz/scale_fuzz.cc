#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/objects_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  for (const auto& scaled :
       {hpaplus::kube::ParseScale(json), hpaplus::kube::ParseAppsWorkload(json)}) {
    if (!scaled) continue;
    HPAPLUS_CHECK(scaled->scale.spec_replicas >= 0 && scaled->scale.status_replicas >= 0);
    HPAPLUS_CHECK(scaled->scale.status == hpaplus::ScaleStatus::kKnown);
  }
  (void)hpaplus::kube::ParseForeignScaler(json);
  return 0;
}
