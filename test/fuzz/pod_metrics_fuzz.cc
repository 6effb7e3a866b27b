// Answers of metrics.k8s.io: no crash, and what is accepted is ordered with each pod once.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>

#include "collectors/metrics_server_reply.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto pods = hpaplus::collectors::ParsePodMetrics(body);
  if (!pods) {
    HPAPLUS_CHECK(pods.error().message.find('\n') == std::string::npos);
    return 0;
  }
  for (std::size_t i = 1; i < pods->size(); ++i) {
    const auto& a = (*pods)[i - 1];
    const auto& b = (*pods)[i];
    HPAPLUS_CHECK(std::tie(a.ns, a.pod) < std::tie(b.ns, b.pod));
  }
  return 0;
}
