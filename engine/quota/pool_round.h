#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/quota_ledger.h"
#include "engine/quota/pool_share.h"

namespace hpaplus {

/// A DynamicQuota of a round, with its ResourceQuota as it was read.
struct RoundMember {
  PoolMember member;
  std::string version;                      // The ResourceQuota's resourceVersion.
  std::vector<std::optional<Amount>> hard;  // By the spec's resources; null: not limited.
  std::vector<Amount> targets;              // What was decided, from what `hard` shows.
};

/// A write of one ResourceQuota, all resources of the spec at once.
struct QuotaWrite {
  std::size_t member = 0;
  std::string version;                      // Its precondition.
  std::vector<std::optional<Amount>> hard;  // Null: stays without a limit.
  bool grows = false;
};

struct LedgerWrite {
  std::string version;  // Of the QuotaPool: its precondition.
  Ledger ledger;
};

/// One round of a root pool, as a state machine without any I/O: shrink, enter into the ledger what
/// was really given back and who gets it, grow. See Ledger for why this is safe. Whatever fails is
/// left out; the next round, of this process or of another, sees what is there and goes on from it:
/// a grant that was entered and not yet used is used when it is still wanted, and dropped when not.
///
/// Without a pool there is nothing to share and no ledger: shrinks and grows are written at once.
class PoolRound {
 public:
  struct Input {
    PoolTree tree;
    std::vector<RoundMember> members;
    Ledger ledger;
    std::string version;  // Of the root QuotaPool, as the ledger was read.
    std::string plan;     // Unique among all rounds of all engines.
    /// By resource: what may be given and taken back in this round; absent: any amount.
    std::map<std::string, Amount> grow_most;
  };

  explicit PoolRound(Input input);

  /// What is to be sent now, in any order; nothing while answers are awaited.
  [[nodiscard]] std::vector<QuotaWrite> TakeWrites();
  [[nodiscard]] std::optional<LedgerWrite> TakeLedger();

  /// The answer to a write: the object's new resourceVersion.
  void OnWritten(const QuotaWrite& write, const Result<std::string>& version);
  void OnLedger(const Result<std::string>& version);

  [[nodiscard]] bool done() const { return phase_ == Phase::kDone; }

  /// What every member holds of the pool by now, by its resources; after the round what it was
  /// granted.
  [[nodiscard]] const ByResource<Amount>& granted() const { return granted_; }

 private:
  enum class Phase { kShrink, kLedger, kGrow, kDone };

  void PlanShrinks();
  void PlanLedger();
  [[nodiscard]] std::vector<QuotaWrite> GrowWrites() const;
  void Grow(std::vector<QuotaWrite> writes);
  void LimitGrowth(ByResource<Amount>& granted) const;
  [[nodiscard]] std::string NameOf(std::size_t member) const;

  Input in_;
  Phase phase_ = Phase::kShrink;
  ByResource<Amount> granted_;
  std::vector<bool> refused_;  // Its ResourceQuota is not what we think it is.
  std::vector<QuotaWrite> writes_;
  std::size_t awaited_ = 0;
  std::optional<LedgerWrite> ledger_;
};

}  // namespace hpaplus
