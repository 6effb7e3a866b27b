#pragma once

#include <set>
#include <string>
#include <utility>

#include "engine/ports/quota_cluster.h"
#include "engine/ports/quota_journal.h"

namespace hpaplus {

/// The list of those of whom something was recorded, so that the journal is told once when one of
/// them is no more. The quota loop's.
class QuotaRoll {
 public:
  /// `journal` outlives it.
  explicit QuotaRoll(QuotaJournal& journal) : journal_(journal) {}

  /// All that is recorded from here on was found out at this time.
  void Begin(Timestamp now) { now_ = now; }
  void Record(const QuotaRecord& record);
  void Record(PoolRecord record);
  /// Why nothing could be decided on it.
  void Say(const QuotaSubject& subject, std::string reason, std::string problem);
  /// Strikes out who is not in a complete snapshot.
  void Call(const QuotaSnapshot& snapshot);

 private:
  QuotaJournal& journal_;
  Timestamp now_{};
  std::set<std::pair<std::string, std::string>> quotas_;  // Namespace, name.
  std::set<std::string> pools_;
};

}  // namespace hpaplus
