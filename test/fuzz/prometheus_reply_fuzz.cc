// Answers of a Prometheus that may send anything: no crash, and never more series than allowed.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/prometheus_reply.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMaxSeries = 8;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto samples =
      hpaplus::collectors::ParsePrometheusReply(body, {.max_series = kMaxSeries}, false);
  if (samples) {
    HPAPLUS_CHECK(samples->size() <= kMaxSeries);
    for (const auto& sample : *samples)
      HPAPLUS_CHECK(sample.at >= hpaplus::Timestamp{});
  } else {
    HPAPLUS_CHECK(samples.error().message.find('\n') == std::string::npos);
  }
  return 0;
}
