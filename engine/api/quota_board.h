#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ports/quota_journal.h"

namespace hpaplus::api {

/// One round of a DynamicQuota, and since when every round was like it.
struct QuotaRound {
  QuotaRecord record;  // The newest of them.
  Timestamp since{};
};

/// What is known of one DynamicQuota.
struct QuotaEntry {
  std::shared_ptr<const QuotaSpec> spec;  // Never null: of the last round.
  std::deque<QuotaRound> rounds;          // The last ones, newest last; never empty.
  std::deque<QuotaRound> writes;          // The last ones in which something was written.
};

/// The last rounds of all quotas, for those who only read. Thread-safe; what it gives out is a
/// copy.
class QuotaBoard final : public QuotaJournal {
 public:
  static constexpr std::size_t kRoundsMost = 10;  // Of each kind, for each DynamicQuota.

  void RecordQuota(const QuotaRecord& record) override;
  void RecordPool(const PoolRecord& record) override;
  void RecordQuotaGone(const std::string& ns, const std::string& name) override;
  void RecordPoolGone(const std::string& name) override;

  /// Nothing: there is no such DynamicQuota.
  [[nodiscard]] std::optional<QuotaEntry> Find(std::string_view ns, std::string_view name) const;
  /// The last round of each, by namespace and name.
  [[nodiscard]] std::vector<QuotaRound> Last() const;
  /// By name.
  [[nodiscard]] std::vector<PoolRecord> Pools() const;

 private:
  using Key = std::pair<std::string, std::string>;  // Namespace, name.

  mutable Mutex mutex_;
  std::map<Key, QuotaEntry> quotas_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<std::string, PoolRecord> pools_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::api
