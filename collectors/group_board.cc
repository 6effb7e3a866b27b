#include "collectors/group_board.h"

#include <utility>

namespace hpaplus::collectors {
namespace {

// Whether the source said something, if only that the question is wrong.
bool IsAnswered(const GroupAnswer& answer) {
  return answer || (answer.error().code != ErrorCode::kUnavailable &&
                    answer.error().code != ErrorCode::kDeadlineExceeded);
}

Error NotPosted() {
  return {ErrorCode::kDeadlineExceeded, "prometheus: the group was not answered in time"};
}

}  // namespace

GroupBoard::GroupBoard(std::vector<Duration> refresh, Duration timeout) : timeout_(timeout) {
  for (const Duration each : refresh)
    groups_.emplace_back().refresh = each;
}

GroupBoard::Place GroupBoard::Look(std::size_t index, Timestamp now, Timestamp deadline) {
  const MutexLock lock(mutex_);
  Group& group = groups_[index];
  const bool answered = group.answer && IsAnswered(*group.answer);
  const Duration age = now - group.asked_at;
  if (answered && age < group.refresh) return {Place::Kind::kAnswer, *group.answer, group.posts};
  if (now >= group.busy_until) {
    group.busy_until = deadline;
    return {Place::Kind::kAsk, NotPosted(), group.posts};
  }
  if (answered && *group.answer && age < group.refresh + timeout_) {
    return {Place::Kind::kAnswer, *group.answer, group.posts};
  }
  return {Place::Kind::kWait, NotPosted(), group.posts};
}

void GroupBoard::Post(std::size_t index, Timestamp asked_at, GroupAnswer answer) {
  {
    const MutexLock lock(mutex_);
    Group& group = groups_[index];
    if (group.answer && asked_at < group.asked_at) return;  // It lost the right to, and was late.
    group.asked_at = asked_at;
    group.answer = std::move(answer);
    group.busy_until = {};
    ++group.posts;
  }
  posted_.notify_all();
}

void GroupBoard::Forget(Timestamp asked_before) {
  const MutexLock lock(mutex_);
  for (Group& group : groups_) {
    if (group.asked_at < asked_before) group.answer.reset();
  }
}

GroupAnswer GroupBoard::Await(std::size_t index, std::size_t ticket, Duration most,
                              const std::stop_token& stop) {
  MutexLock lock(mutex_);
  const bool posted = posted_.wait_for(
      lock, stop, most, [&]() HPAPLUS_REQUIRES(mutex_) { return groups_[index].posts != ticket; });
  return posted && groups_[index].answer ? *groups_[index].answer : NotPosted();
}

}  // namespace hpaplus::collectors
