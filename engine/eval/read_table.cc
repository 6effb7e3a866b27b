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
  return text;
}

}  // namespace

ReadId ReadTable::Acquire(const PlannedRead& read) {
  std::string text = TextOf(read);
  if (const auto found = by_text_.find(text); found != by_text_.end()) {
    ++entries_[found->second.index].users;
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
  entry.users = 1;
  by_text_.emplace(std::move(text), id);
  return id;
}

void ReadTable::Release(ReadId id) {
  Entry& entry = entries_[id.index];
  HPAPLUS_CHECK(entry.users > 0);
  --entry.users;
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
  if (timed_out && entry.wanted_until > now && entry.users > 0) {
    Start(result.id, now);
    return {};
  }
  entry.wanted_until = {};
  std::vector<WorkloadId> waiters = std::exchange(entry.waiters, {});
  ForgetIfUnused(result.id);
  return waiters;
}

const ReadingResult* ReadTable::Newest(ReadId id) const {
  const Entry& entry = entries_[id.index];
  return entry.newest ? &*entry.newest : nullptr;
}

void ReadTable::ForgetIfUnused(ReadId id) {
  Entry& entry = entries_[id.index];
  // While it is in flight the id stays taken: its result must not be mistaken for another's.
  if (entry.users > 0 || entry.in_flight) return;
  by_text_.erase(entry.text);
  entry = Entry();
  free_.push_back(id);
}

}  // namespace hpaplus
