#include "engine/eval/read_table.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

// Two reads have the same text exactly when they are equal: every part is preceded by its length.
std::string TextOf(const PlannedRead& read) {
  std::string text = std::to_string(static_cast<int>(read.query.type));
  for (const std::string* part :
       {&read.source, &read.query.ns, &read.query.expression, &read.query.selector,
        &read.query.pod_selector, &read.query.object.api_version, &read.query.object.kind,
        &read.query.object.name}) {
    text += ' ';
    text += std::to_string(part->size());
    text += ':';
    text += *part;
  }
  if (read.query.past != Duration()) text += ' ' + std::to_string(read.query.past.count());
  return text;
}

// Rather once too often than once too little: an expression that has the name in it may be about
// another metric, and one that selects names by a pattern may be about this one.
bool IsAbout(const MetricNews& news, std::string_view expression) {
  if (news.metrics.empty() || expression.find("__name__") != std::string_view::npos) return true;
  return std::ranges::any_of(news.metrics, [expression](const std::string& metric) {
    return expression.find(metric) != std::string_view::npos;
  });
}

}  // namespace

ReadId ReadTable::Acquire(const PlannedRead& read, WorkloadId user) {
  std::string text = TextOf(read);
  if (const auto found = by_text_.find(text); found != by_text_.end()) {
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
  entry.text = text;
  entry.read = read;
  entry.users = {user};
  by_source_[read.source].push_back(id);
  by_text_.emplace(std::move(text), id);
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
  entry.share_for = share_for_(entry.read.source);
  requests_.push_back({id, entry.read.source, entry.read.query, entry.wanted_until});
}

std::vector<ReadRequest> ReadTable::TakeRequests() {
  return std::exchange(requests_, {});
}

std::vector<WorkloadId> ReadTable::Absorb(ReadResult result, Timestamp now) {
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
  std::vector<WorkloadId> waiters = std::exchange(entry.waiters, {});
  ForgetIfUnused(result.id);
  return waiters;
}

std::vector<WorkloadId> ReadTable::UsersOf(const MetricNews& news) {
  std::vector<WorkloadId> users;
  const auto found = by_source_.find(news.source);
  if (found == by_source_.end()) return users;
  for (const ReadId id : found->second) {
    Entry& entry = entries_[id.index];
    if (!IsAbout(news, entry.read.query.expression)) continue;
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
  by_text_.erase(entry.text);
  const auto of_source = by_source_.find(entry.read.source);
  std::erase(of_source->second, id);
  if (of_source->second.empty()) by_source_.erase(of_source);
  entry = Entry();
  free_.push_back(id);
}

}  // namespace hpaplus
