// Answers of metrics.k8s.io: no crash, and what is accepted is ordered with each pod once.

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "collectors/metrics_server_reply.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pods =
      hpaplus::collectors::ParsePodMetrics(std::string(reinterpret_cast<const char*>(data), size));
  if (!pods) {
    HPAPLUS_CHECK(pods.error().message.find('\n') == std::string::npos);
    return 0;
  }
  for (std::uint32_t i = 1; i < pods->size(); ++i) {
    HPAPLUS_CHECK(std::pair(pods->ns(i - 1), pods->name(i - 1)) <
                  std::pair(pods->ns(i), pods->name(i)));
  }
  return 0;
}
