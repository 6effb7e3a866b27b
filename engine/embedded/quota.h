#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/base/mutex.h"
#include "engine/embedded/api_error.h"
#include "engine/embedded/resource.h"
#include "engine/embedded/store.h"

namespace hpaplus::embedded {

/// Thousandths by resource name: "pods", "requests.cpu", "count/deployments.apps".
using Amounts = std::map<std::string, std::int64_t>;

/// What one pod takes of a quota; nothing when it has come to its end.
[[nodiscard]] Amounts PodAmounts(const Json& pod);

/// Counts what namespaces use, from the changes of the store, and says what a quota allows. Quotas
/// limit pods and their requests and limits, and count/<resource>. Thread-safe.
class QuotaLedger {
 public:
  /// `store` must outlive this.
  explicit QuotaLedger(Store& store) : store_(store) {}

  /// The refusal when a new `object` would exceed a quota of its namespace. The caller has to keep
  /// other creations out until it has stored the object.
  [[nodiscard]] std::optional<ApiError> Refusal(const Resource& resource, const std::string& ns,
                                                const Json& object);

  /// status.used for a quota of `ns` with these limits.
  [[nodiscard]] Json Used(const std::string& ns, const Json& hard);

 private:
  std::int64_t UsedOf(const std::string& ns, const std::string& name) HPAPLUS_REQUIRES(mutex_);
  void Sync() HPAPLUS_REQUIRES(mutex_);

  Store& store_;

  Mutex mutex_;
  std::map<std::string, Amounts> pods_ HPAPLUS_GUARDED_BY(mutex_);  // by namespace
  std::uint64_t version_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::embedded
