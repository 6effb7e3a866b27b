#include "engine/eval/read_table.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

// Rather once too often than once too little: an expression that has the name in it may be about
// another metric, and one that selects names by a pattern may be about this one.
bool IsAbout(const MetricNews& news, std::string_view expression) {
  if (news.metrics.empty() || expression.find("__name__") != std::string_view::npos) return true;
  return std::ranges::any_of(news.metrics, [expression](const std::string& metric) {
    return expression.find(metric) != std::string_view::npos;
  });
}

}  // namespace

std::size_t ReadTable::Hash::operator()(const PlannedRead* read) const {
  const MetricQuery& query = read->query;
  std::size_t hash = static_cast<std::size_t>(query.past.count());
  for (const std::string* part : {&read->source, &query.ns, &query.expression, &query.selector,
                                  &query.pod_selector, &query.object.kind, &query.object.name}) {
    constexpr std::size_t kOdd = 31;
    hash = hash * kOdd + std::hash<std::string>()(*part);
  }
  return hash;
}

ReadId ReadTable::Acquire(const PlannedRead& read, WorkloadId user) {
  if (const auto found = by_question_.find(&read); found != by_question_.end()) {
    entries_[found->second.index].users.push_back(user);
    return found->second;
  }
  ReadId id{static_cast<std::uint32_t>(entries_.size())};
  if (free_.empty()) {
    entries_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  Entry& entry = entries_[id.index];
  entry.read = read;
  entry.users = {user};
  by_source_[read.source].push_back(id);
  by_question_.emplace(entry.read.get(), id);
  return id;
}

void ReadTable::Release(ReadId id, WorkloadId user) {
  std::vector<WorkloadId>& users = entries_[id.index].users;
  const auto found = std::ranges::find(users, user);
  HPAPLUS_CHECK(found != users.end());
  *found = users.back();
  users.pop_back();
  ForgetIfUnused(id);
}

bool ReadTable::Ask(ReadId id, WorkloadId asker, bool listed, Timestamp now, Timestamp until) {
  Entry& entry = entries_[id.index];
  if (!entry.in_flight && entry.newest && now - entry.started < entry.share_for) return true;
  if (!listed) entry.waiters.push_back(asker);
  entry.wanted_until = std::max(entry.wanted_until, until);
  if (!entry.in_flight) Start(id, now);
  return false;
}

void ReadTable::Start(ReadId id, Timestamp now) {
  Entry& entry = entries_[id.index];
  entry.in_flight = true;
  entry.started = now;
  entry.share_for = share_for_(entry.read->source);
  requests_.push_back({id, entry.read, entry.wanted_until});
}

std::span<const ReadRequest> ReadTable::TakeRequests() {
  taken_.clear();
  std::swap(taken_, requests_);
  return taken_;
}

std::span<const WorkloadId> ReadTable::Absorb(ReadResult result, Timestamp now) {
  Entry& entry = entries_[result.id.index];
  HPAPLUS_CHECK(entry.in_flight);
  entry.in_flight = false;
  const bool timed_out =
      !result.reading && result.reading.error().code == ErrorCode::kDeadlineExceeded;
  entry.newest = std::move(result.reading);
  if (timed_out && entry.wanted_until > now && !entry.users.empty()) {
    Start(result.id, now);
    return {};
  }
  entry.wanted_until = {};
  absorbed_.assign(entry.waiters.begin(), entry.waiters.end());
  entry.waiters.clear();
  ForgetIfUnused(result.id);
  return absorbed_;
}

std::vector<WorkloadId> ReadTable::UsersOf(const MetricNews& news) {
  std::vector<WorkloadId> users;
  const auto found = by_source_.find(news.source);
  if (found == by_source_.end()) return users;
  for (const ReadId id : found->second) {
    Entry& entry = entries_[id.index];
    if (!IsAbout(news, entry.read->query.expression)) continue;
    entry.has_news = true;
    users.insert(users.end(), entry.users.begin(), entry.users.end());
  }
  std::ranges::sort(users);
  users.erase(std::unique(users.begin(), users.end()), users.end());
  return users;
}

const ReadingResult* ReadTable::Newest(ReadId id) const {
  const Entry& entry = entries_[id.index];
  return entry.newest ? &*entry.newest : nullptr;
}

void ReadTable::ForgetIfUnused(ReadId id) {
  Entry& entry = entries_[id.index];
  // While it is in flight the id stays taken: its result must not be mistaken for another's.
  if (!entry.users.empty() || entry.in_flight) return;
  by_question_.erase(entry.read.get());
  const auto of_source = by_source_.find(entry.read->source);
  std::erase(of_source->second, id);
  if (of_source->second.empty()) by_source_.erase(of_source);
  entry = Entry();
  free_.push_back(id);
}

}  // namespace hpaplus
