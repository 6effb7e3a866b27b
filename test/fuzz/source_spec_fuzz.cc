#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/spec_check.h"
#include "engine/model/spec_json.h"

// What the check takes, the parser must take, and with values in their ranges.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto source = hpaplus::ParseSource(json);
  const bool is_ours = json.find("MetricSource\"") != std::string_view::npos;
  const bool is_workload = json.find("\"HPAPlus\"") != std::string_view::npos;
  if (is_ours && !is_workload && hpaplus::CheckObject(json).empty()) {
    HPAPLUS_CHECK(source.has_value());
  }
  if (!source) return 0;
  HPAPLUS_CHECK(source->timeout.count() > 0 && source->cache_for.count() >= 0);
  HPAPLUS_CHECK(source->max_series >= 1 && source->max_concurrent >= 1);
  HPAPLUS_CHECK(source->tls_client_cert.has_value() == source->tls_client_key.has_value());
  const bool secret = source->bearer || source->basic_password || source->header_value;
  HPAPLUS_CHECK(!secret || source->endpoint.starts_with("https://"));
  return 0;
}
