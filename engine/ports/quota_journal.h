#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/model/quota.h"
#include "engine/model/quota_decision.h"

namespace hpaplus {

/// What became of one DynamicQuota in one round.
struct QuotaRecord {
  std::shared_ptr<const QuotaSpec> spec;
  QuotaDecision decision;  // Without resources, but with its time, when nothing could be decided.
  std::string reason;      // Why not: "Conflict", "QuotaNotFound"; empty when it could.
  std::string problem;     // The same for people.
  std::map<std::string, Amount> written;  // What was written, by resource.
  std::string failure;                    // Why something was not.

  /// What of a resource is there now.
  [[nodiscard]] std::optional<Amount> HardOf(const ResourceDecision& one) const {
    const auto found = written.find(one.name);
    return found == written.end() ? one.hard : found->second;
  }
  /// "Decided", "NotWritten", or the reason.
  [[nodiscard]] std::string Result() const {
    if (!reason.empty()) return reason;
    return failure.empty() ? "Decided" : "NotWritten";
  }
};

/// What became of a root pool, or is known of one below.
struct PoolRecord {
  struct Line {
    Amount capacity = 0;
    Amount granted = 0;
    Amount demand = 0;
    bool operator==(const Line&) const = default;
  };
  std::shared_ptr<const PoolSpec> spec;
  std::map<std::string, Line> resources;
  std::string reason;
  std::string problem;
  bool deficit = false;
  Timestamp at{};
};

/// Where quota decisions are written down: statuses, events, metrics, the log, a page. Called from
/// the quota loop; must not block.
class QuotaJournal {
 public:
  virtual ~QuotaJournal() = default;
  virtual void RecordQuota(const QuotaRecord& record) = 0;
  virtual void RecordPool(const PoolRecord& record) = 0;
  /// Nothing more will be said of it.
  virtual void RecordQuotaGone(const std::string& ns, const std::string& name) = 0;
  virtual void RecordPoolGone(const std::string& name) = 0;
};

}  // namespace hpaplus
