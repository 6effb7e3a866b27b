#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/spec_check.h"
#include "engine/model/spec_json.h"
#include "engine/model/validate.h"

// What the check takes, the parser must take, and with values in their ranges.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto spec = hpaplus::ParseWorkload(json);
  const bool is_ours = json.find("\"HPAPlus\"") != std::string_view::npos;
  if (is_ours && hpaplus::CheckObject(json).empty()) HPAPLUS_CHECK(spec.has_value());
  (void)hpaplus::ValidateText("fuzz", json);
  if (!spec) return 0;
  HPAPLUS_CHECK(spec->min_replicas >= 1 && spec->min_replicas <= spec->max_replicas);
  HPAPLUS_CHECK(spec->timeout.count() > 0 && spec->timeout <= spec->period);
  HPAPLUS_CHECK(!spec->metrics.empty() && spec->metrics.size() <= 32);
  for (const hpaplus::MetricSpec& metric : spec->metrics)
    HPAPLUS_CHECK(metric.stale_after >= std::chrono::seconds(1));
  return 0;
}
