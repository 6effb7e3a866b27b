#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/kube/events.h"
#include "engine/kube/kube_api.h"
#include "engine/ports/clock.h"
#include "engine/ports/quota_journal.h"

namespace hpaplus::kube {

/// Shows quota decisions in the cluster: statuses, written when their meaning changes and otherwise
/// every half minute at most, and events QuotaGrown, QuotaShrunk, QuotaBlocked, QuotaConflict,
/// QuotaNotServed, QuotaStale. The quota loop's thread alone calls it.
class KubeQuotaJournal final : public QuotaJournal {
 public:
  struct Config {
    Duration values_spacing = std::chrono::seconds(30);
    bool writes = true;  // False: a dry run of everything.
  };
  using Send = std::function<void(KubeRequest, KubeClient::OnDone)>;

  /// `send` must be done with its callbacks before this is destroyed.
  KubeQuotaJournal(Config config, Send send, EventWriter& events, Clock& clock);

  void RecordQuota(const QuotaRecord& record) override;
  void RecordPool(const PoolRecord& record) override;
  void RecordQuotaGone(const std::string& ns, const std::string& name) override;
  void RecordPoolGone(const std::string& name) override;

 private:
  struct Slot {
    std::string meaning;  // What was last written, without amounts.
    std::string values;
    Timestamp written_at{};
    Timestamp changed_at{};  // When the ResourceQuota was last written.
    std::map<std::string, std::pair<std::string, Timestamp>> conditions;  // Status, since.
    std::string blocked;
    std::string reason;  // Why nothing was decided.
    bool stale = false;
  };
  struct Target {
    std::string path;
    std::string resource;
  };

  void Tell(const QuotaRecord& record, Slot& slot, Timestamp now);
  void TellWrites(const QuotaRecord& record, Timestamp now);
  void Warn(const QuotaSpec& spec, const char* reason, std::string note, Timestamp now);
  void Show(const Target& target, std::string meaning, std::string body, Slot& slot);

  const Config config_;
  const Send send_;
  EventWriter& events_;
  Clock& clock_;
  std::map<std::string, Slot> slots_;  // By "namespace/name", or the name of a pool.
};

}  // namespace hpaplus::kube
