#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/quota_json.h"
#include "engine/model/spec_check.h"

namespace {

bool Says(std::string_view json, std::string_view what) {
  return json.find(what) != std::string_view::npos;
}

}  // namespace

// What the check takes, the parsers must take, and with values in their ranges.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto quota = hpaplus::ParseQuota(json);
  const auto pool = hpaplus::ParsePool(json);
  const bool of_others = Says(json, "Source\"") || Says(json, "\"HPAPlus\"") || Says(json, "\\");
  const bool only_quota = Says(json, "\"DynamicQuota\"") && !Says(json, "\"QuotaPool\"");
  const bool only_pool = Says(json, "\"QuotaPool\"") && !Says(json, "\"DynamicQuota\"");
  if (!of_others && (only_quota || only_pool) && hpaplus::CheckObject(json).empty()) {
    HPAPLUS_CHECK(only_quota ? quota.has_value() : pool.has_value());
  }
  if (quota) {
    for (const hpaplus::QuotaResource& one : quota->resources) {
      HPAPLUS_CHECK(0 <= one.min && one.min <= one.max && one.max <= hpaplus::kAmountMost);
      HPAPLUS_CHECK(one.step >= 1 && one.weight >= 1 && one.headroom >= 0);
    }
  }
  if (pool) {
    for (const hpaplus::PoolResource& one : pool->resources)
      HPAPLUS_CHECK(0 <= one.min && one.min <= one.capacity && one.weight >= 1);
  }
  return 0;
}
