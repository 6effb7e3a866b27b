#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "collectors/grouped_samples.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::collectors {

using GroupAnswer = Result<std::shared_ptr<const GroupedSamples>>;

/// Where the collectors of one source share the answers to its groups, so that each group is asked
/// by one of them at a time, and no more often than its refresh says.
///
/// While a group is being asked, the others are given the answer before. Only who comes before
/// there is any waits. Nobody is given an answer that is older than its refresh by more than the
/// time that a question may take. That a source did not answer is told to those who wait, and
/// asked again by the next.
///
/// Thread-safe.
class GroupBoard {
 public:
  /// One refresh per group.
  GroupBoard(std::vector<Duration> refresh, Duration timeout);

  struct Place {
    enum class Kind { kAnswer, kAsk, kWait };
    Kind kind = Kind::kWait;
    GroupAnswer answer;      // kAnswer.
    std::size_t ticket = 0;  // kWait: for Await().
  };
  /// What to do for a group: take the answer; ask, and Post() what comes of it by `deadline`; or
  /// Await() what somebody else asks. Who does not post by then has lost the right to.
  [[nodiscard]] Place Look(std::size_t group, Timestamp now, Timestamp deadline);

  void Post(std::size_t group, Timestamp asked_at, GroupAnswer answer);

  /// Lets go of answers to what was asked before then.
  void Forget(Timestamp asked_before);

  /// Blocks until there is a newer answer than at the Look() that gave the ticket, for `most` at
  /// the most, and at most until a stop.
  [[nodiscard]] GroupAnswer Await(std::size_t group, std::size_t ticket, Duration most,
                                  const std::stop_token& stop);

 private:
  struct Group {
    Duration refresh{};
    Timestamp asked_at{};  // The newest answer's question.
    std::optional<GroupAnswer> answer;
    Timestamp busy_until{};  // Somebody asks until then, at most. The epoch: nobody.
    std::size_t posts = 0;
  };

  const Duration timeout_;
  Mutex mutex_;
  std::condition_variable_any posted_;
  std::vector<Group> groups_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::collectors
