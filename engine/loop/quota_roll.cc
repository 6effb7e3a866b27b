#include "engine/loop/quota_roll.h"

namespace hpaplus {

void QuotaRoll::Record(const QuotaRecord& record) {
  quotas_.emplace(record.spec->ns, record.spec->name);
  journal_.RecordQuota(record);
}

void QuotaRoll::Record(PoolRecord record) {
  pools_.insert(record.spec->name);
  record.at = now_;
  journal_.RecordPool(record);
}

void QuotaRoll::Say(const QuotaSubject& subject, std::string reason, std::string problem) {
  QuotaDecision none;
  none.at = now_;
  Record(QuotaRecord{subject.spec, std::move(none), std::move(reason), std::move(problem), {}, ""});
}

void QuotaRoll::Call(const QuotaSnapshot& snapshot) {
  auto gone = quotas_;
  for (const QuotaSubject& subject : snapshot.subjects)
    gone.erase({subject.spec->ns, subject.spec->name});
  for (const auto& one : gone) {
    quotas_.erase(one);
    journal_.RecordQuotaGone(one.first, one.second);
  }
  std::set<std::string> gone_pools = pools_;
  for (const PoolSubject& pool : snapshot.pools)
    gone_pools.erase(pool.spec->name);
  for (const std::string& name : gone_pools) {
    pools_.erase(name);
    journal_.RecordPoolGone(name);
  }
}

}  // namespace hpaplus
