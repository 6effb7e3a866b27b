// Answers of custom.metrics.k8s.io and external.metrics.k8s.io, and of the group's discovery.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/kube_metrics_reply.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto values = hpaplus::collectors::ParseMetricValues(body);
  if (values) {
    for (const auto& value : *values)
      HPAPLUS_CHECK(value.window >= hpaplus::Duration{});
  } else {
    HPAPLUS_CHECK(values.error().message.find('\n') == std::string::npos);
  }
  (void)hpaplus::collectors::ParseGroupVersions(body);
  return 0;
}
