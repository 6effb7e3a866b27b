#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/objects_reply.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto pod = hpaplus::kube::ParsePod(json);
  if (pod) HPAPLUS_CHECK(!pod->pod.name.empty());
  if (!pod) HPAPLUS_CHECK(!pod.error().message.empty());
  (void)hpaplus::kube::ParseSecretData(json);
  return 0;
}
