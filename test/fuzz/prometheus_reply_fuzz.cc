// Answers of a Prometheus that may send anything, to instant and to range queries: no crash, and
// never more series and samples than allowed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/prometheus_reply.h"
#include "engine/base/check.h"

namespace {

constexpr std::size_t kMaxSeries = 8;

void Read(std::string_view body, std::size_t max_points) {
  const auto samples = hpaplus::collectors::ParsePrometheusReply(
      body, {.max_series = kMaxSeries, .max_points = max_points}, false);
  if (samples) {
    HPAPLUS_CHECK(samples->size() <= kMaxSeries * std::max<std::size_t>(max_points, 1));
    for (const auto& sample : *samples)
      HPAPLUS_CHECK(sample.at >= hpaplus::Timestamp{});
  } else {
    HPAPLUS_CHECK(samples.error().message.find('\n') == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  Read(body, 0);
  Read(body, 4);
  return 0;
}
