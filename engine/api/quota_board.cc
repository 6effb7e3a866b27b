#include "engine/api/quota_board.h"

namespace hpaplus::api {
namespace {

// Whether both tell the same, but for their time. A write is never what another round was.
bool AreAlike(const QuotaRecord& a, const QuotaRecord& b) {
  return a.written.empty() && b.written.empty() && a.reason == b.reason && a.problem == b.problem &&
         a.failure == b.failure && a.decision.acts == b.decision.acts &&
         a.decision.stale == b.decision.stale && a.decision.resources == b.decision.resources;
}

void Add(const QuotaRecord& record, std::deque<QuotaRound>& rounds) {
  if (!rounds.empty() && AreAlike(rounds.back().record, record)) {
    rounds.back().record = record;
    return;
  }
  rounds.push_back({record, record.decision.at});
  if (rounds.size() > QuotaBoard::kRoundsMost) rounds.pop_front();
}

}  // namespace

void QuotaBoard::RecordQuota(const QuotaRecord& record) {
  const MutexLock lock(mutex_);
  QuotaEntry& entry = quotas_[{record.spec->ns, record.spec->name}];
  if (entry.spec != nullptr && entry.spec->uid != record.spec->uid) entry = {};  // Another one.
  entry.spec = record.spec;
  Add(record, entry.rounds);
  if (!record.written.empty()) Add(record, entry.writes);
}

void QuotaBoard::RecordPool(const PoolRecord& record) {
  const MutexLock lock(mutex_);
  pools_[record.spec->name] = record;
}

void QuotaBoard::RecordQuotaGone(const std::string& ns, const std::string& name) {
  const MutexLock lock(mutex_);
  quotas_.erase({ns, name});
}

void QuotaBoard::RecordPoolGone(const std::string& name) {
  const MutexLock lock(mutex_);
  pools_.erase(name);
}

std::optional<QuotaEntry> QuotaBoard::Find(std::string_view ns, std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = quotas_.find({std::string(ns), std::string(name)});
  if (found == quotas_.end()) return std::nullopt;
  return found->second;
}

std::vector<QuotaRound> QuotaBoard::Last() const {
  const MutexLock lock(mutex_);
  std::vector<QuotaRound> out;
  out.reserve(quotas_.size());
  for (const auto& [key, entry] : quotas_)
    out.push_back(entry.rounds.back());
  return out;
}

std::vector<PoolRecord> QuotaBoard::Pools() const {
  const MutexLock lock(mutex_);
  std::vector<PoolRecord> out;
  out.reserve(pools_.size());
  for (const auto& [name, record] : pools_)
    out.push_back(record);
  return out;
}

}  // namespace hpaplus::api
