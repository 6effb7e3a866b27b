// Messages of plug-ins and of external scalers that may send anything, and the queries to the
// latter: no crash, the limits hold, and nothing becomes a number that was not sent. The first byte
// says which.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "collectors/keda_query.h"
#include "collectors/keda_reply.h"
#include "collectors/plugin_reply.h"
#include "engine/base/check.h"
#include "proto/collector.pb.h"
#include "proto/externalscaler.pb.h"

namespace {

using hpaplus::ReadingResult;
using hpaplus::Timestamp;
using hpaplus::collectors::PluginAnswerLimits;

constexpr PluginAnswerLimits kLimits{.max_samples = 3,
                                     .received = Timestamp(std::chrono::seconds(1'700'000'000))};

template <class Message>
Message Parse(std::string_view bytes) {
  Message message;
  (void)message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  return message;  // What could be parsed until an error is in it.
}

void CheckReading(const ReadingResult& reading) {
  if (!reading) {
    HPAPLUS_CHECK(!reading.error().message.empty());
    HPAPLUS_CHECK(reading.error().message.size() < 1000);
    HPAPLUS_CHECK(reading.error().message.find('\n') == std::string::npos);
    return;
  }
  HPAPLUS_CHECK((*reading)->values.size() <= kLimits.max_samples);
  for (const auto& sample : (*reading)->values) {
    HPAPLUS_CHECK(sample.at >= Timestamp{});
    const bool invalid = !std::isfinite(sample.value) || sample.value * 1000 >= 0x1p63 ||
                         sample.value * 1000 <= -0x1p63;
    HPAPLUS_CHECK(!invalid || sample.milli == hpaplus::kInvalidMilli);
  }
}

void FuzzBatch(std::string_view bytes) {
  const auto response = Parse<hpaplus::collector::v1::CollectResponse>(bytes);
  const auto readings = hpaplus::collectors::ReadPluginBatch(response, 2, kLimits);
  HPAPLUS_CHECK(readings.has_value() == (response.results_size() == 2));
  if (!readings) return;
  HPAPLUS_CHECK(readings->size() == 2);
  for (const ReadingResult& reading : *readings)
    CheckReading(reading);
}

void FuzzPush(std::string_view bytes) {
  const auto response = Parse<hpaplus::collector::v1::StreamResponse>(bytes);
  const auto pushed = hpaplus::collectors::ReadPluginPush(response, 2, kLimits);
  if (!pushed) return;
  for (const auto& [index, reading] : *pushed) {
    HPAPLUS_CHECK(index < 2);
    CheckReading(reading);
  }
}

void FuzzScaler(std::string_view bytes) {
  CheckReading(hpaplus::collectors::ReadKedaValues(Parse<externalscaler::GetMetricsResponse>(bytes),
                                                   kLimits.max_samples, kLimits.received));
  const auto names =
      hpaplus::collectors::ReadKedaSpecs(Parse<externalscaler::GetMetricSpecResponse>(bytes));
  HPAPLUS_CHECK(!names || !names->empty());
}

void FuzzQuery(std::string_view text) {
  const hpaplus::KedaScalerSource source{.metadata = {{"host", "h"}}, .query_keys = {"a", "b"}};
  const auto query = hpaplus::collectors::ParseKedaQuery(text, source);
  if (!query) {
    HPAPLUS_CHECK(query.error().message.find('\n') == std::string::npos);
    return;
  }
  HPAPLUS_CHECK(query->metadata.at("host") == "h");
  HPAPLUS_CHECK(query->metadata.size() <= 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      FuzzBatch(rest);
      break;
    case 1:
      FuzzPush(rest);
      break;
    case 2:
      FuzzScaler(rest);
      break;
    default:
      FuzzQuery(rest);
      break;
  }
  return 0;
}
