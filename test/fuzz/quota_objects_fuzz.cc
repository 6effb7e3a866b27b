#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/kube/quota_reply.h"
#include "engine/model/quota_original.h"

// Amounts stay in their range, and what is written can be read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  if (const auto quota = hpaplus::kube::ParseResourceQuota(json)) {
    for (const auto& [name, amount] : quota->hard)
      HPAPLUS_CHECK(amount >= 0 && amount <= hpaplus::kAmountMost);
    (void)hpaplus::ReadOriginal(quota->original);
  }
  if (const auto ledger = hpaplus::kube::ParseLedger(json)) {
    const auto again = hpaplus::kube::ParseLedger(hpaplus::kube::LedgerPatch(*ledger, "1"));
    HPAPLUS_CHECK(again.has_value() && again->entries.size() == ledger->entries.size());
  }
  (void)hpaplus::kube::HasQuotaFinalizer(json);
  (void)hpaplus::kube::FinalizerPatch(json, true);
  return 0;
}
