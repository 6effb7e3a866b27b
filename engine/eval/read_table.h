#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/eval/read_plan.h"
#include "engine/model/reading.h"
#include "engine/ports/metric_feed.h"

namespace hpaplus {

/// Every distinct question that some workload has, asked at most once at a time and answered for
/// everybody who waits: equal (source, query) is one read.
///
/// A read that somebody asks for is in flight until its result is in. Who asks meanwhile joins it.
/// When it ends at its deadline although somebody who joined would have waited longer, it is asked
/// once more, for those. Not thread-safe.
class ReadTable {
 public:
  /// For how long a source's answer is given again without asking; called when a read is started.
  using ShareFor = std::function<Duration(const SourceName&)>;

  explicit ReadTable(ShareFor share_for) : share_for_(std::move(share_for)) {}

  /// The id of this question. Every Acquire() needs its Release(): a question nobody has any more
  /// is forgotten, and its id used again.
  [[nodiscard]] ReadId Acquire(const PlannedRead& read, WorkloadId user);
  void Release(ReadId id, WorkloadId user);

  /// True: the newest result is young enough to serve as it is. False: `asker` will be among the
  /// waiters of the result to come, unless `listed` says that it already is.
  [[nodiscard]] bool Ask(ReadId id, WorkloadId asker, bool listed, Timestamp now, Timestamp until);

  /// What has to be asked since the previous call, in the order of asking. Valid until the next.
  [[nodiscard]] std::span<const ReadRequest> TakeRequests();

  /// Takes in what a read has come to; returns who waited. Nobody when it is asked once more. Valid
  /// until the next call.
  [[nodiscard]] std::span<const WorkloadId> Absorb(ReadResult result, Timestamp now);

  /// Who has a question that the news are about, each once. The questions are marked as such to
  /// which news come.
  [[nodiscard]] std::vector<WorkloadId> UsersOf(const MetricNews& news);
  [[nodiscard]] bool HasNews(ReadId id) const { return entries_[id.index].has_news; }

  /// Null until there is one.
  [[nodiscard]] const ReadingResult* Newest(ReadId id) const;

  /// Whom the question is put to. Valid as long as somebody has it.
  [[nodiscard]] const SourceName& SourceOf(ReadId id) const {
    return entries_[id.index].read->source;
  }

  [[nodiscard]] std::size_t size() const { return by_question_.size(); }

 private:
  struct Entry {
    SharedValue<PlannedRead> read;  // *read is the key in by_question_.
    std::vector<WorkloadId> users;  // One that has the question twice is here twice.
    std::vector<WorkloadId> waiters;
    std::optional<ReadingResult> newest;
    Timestamp started{};
    Timestamp wanted_until{};  // The latest moment anybody waits for the read in flight.
    Duration share_for{};
    bool in_flight = false;
    bool has_news = false;
  };

  struct Hash {
    [[nodiscard]] std::size_t operator()(const PlannedRead* read) const;
  };
  struct Same {
    [[nodiscard]] bool operator()(const PlannedRead* a, const PlannedRead* b) const {
      return *a == *b;
    }
  };

  void Start(ReadId id, Timestamp now);
  void ForgetIfUnused(ReadId id);

  ShareFor share_for_;
  std::vector<Entry> entries_;  // Indexed by ReadId.
  std::vector<ReadId> free_;
  std::unordered_map<const PlannedRead*, ReadId, Hash, Same> by_question_;  // Never iterated.
  std::map<SourceName, std::vector<ReadId>> by_source_;
  std::vector<ReadRequest> requests_;
  std::vector<ReadRequest> taken_;
  std::vector<WorkloadId> absorbed_;
};

}  // namespace hpaplus
