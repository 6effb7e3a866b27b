#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/quota_ledger.h"
#include "engine/ports/quota_cluster.h"

namespace hpaplus::kube {

/// Our field manager for ResourceQuotas.
inline constexpr std::string_view kQuotaManager = "hpaplus-quota";
/// What stays on a DynamicQuota until its ResourceQuota is what it was.
inline constexpr std::string_view kQuotaFinalizer = "hpaplus.io/quota";
inline constexpr std::string_view kQuotaPlanAnnotation = "hpaplus.io/quota-plan";
inline constexpr std::string_view kQuotaOriginalAnnotation = "hpaplus.io/quota-original";

/// A v1 ResourceQuota. An amount that cannot be read is an error: it is not nothing.
[[nodiscard]] Result<QuotaObject> ParseResourceQuota(std::string_view json);

/// The ledger in the status of a QuotaPool; empty when there is none yet. One that cannot be read
/// is an error: nothing is given away on top of what is not known.
[[nodiscard]] Result<Ledger> ParseLedger(std::string_view json);

/// Whether a DynamicQuota has our finalizer.
[[nodiscard]] bool HasQuotaFinalizer(std::string_view json);

/// The body that writes a patch, and its Content-Type. `finalizers` is the object as it was read.
struct QuotaBody {
  std::string body;
  std::string content_type;
};
[[nodiscard]] QuotaBody BodyOf(const QuotaPatch& patch);

/// Merge patch of the status of a QuotaPool.
[[nodiscard]] std::string LedgerPatch(const Ledger& ledger, const std::string& version);

/// The finalizers of an object with ours added or removed, as a merge patch at this version.
[[nodiscard]] std::string FinalizerPatch(std::string_view json, bool guard);

}  // namespace hpaplus::kube
