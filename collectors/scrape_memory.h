#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "collectors/scrape_counter.h"
#include "collectors/selector_query.h"
#include "collectors/series_table.h"
#include "engine/base/mutex.h"
#include "engine/ports/collector_registry.h"

namespace hpaplus::collectors {

/// One pod at one address. Another pod of the same name has another, and counts from the start.
struct ScrapeTarget {
  std::string ns;
  std::string pod;
  std::string ip;
  auto operator<=>(const ScrapeTarget&) const = default;
};

/// What the pods that were asked have shown of one query so far.
struct ScrapedSeries {
  std::string expression;
  std::vector<ScalarSample> series;
  std::vector<double> pod_sums;    // Of each pod, in the order they were taken.
  std::vector<double> pod_counts;  // How many series.
};

/// What is remembered from one scrape to the next: which series there are, which query selects
/// which of them, and the counters of rates. Bounded. Thread-safe; a text is read under its lock.
class ScrapeMemory {
 public:
  static constexpr std::size_t kQueriesMost = 100;  // Of more, the one not asked longest goes.

  explicit ScrapeMemory(std::size_t series_most);
  /// Connects to nobody itself, so it needs no policy.
  static Result<std::shared_ptr<ScrapeMemory>> Create(const ResolvedSource& source,
                                                      const EgressPolicy* egress);

  /// Forgets all pods of the namespace but these, which are ordered.
  void KeepOnly(std::string_view ns, std::span<const ScrapeTarget> targets);

  /// Whether the pod gave nothing the last time it was asked.
  [[nodiscard]] bool HasFailed(const ScrapeTarget& target);
  void SetFailed(const ScrapeTarget& target);

  /// Takes in what a pod shows, for each of the queries, which are parsed already. kMalformedData
  /// when it is no exposition, or an empty one; then nothing is taken.
  [[nodiscard]] Status Take(const ScrapeTarget& target, std::string_view body,
                            ExpositionFormat format, Timestamp now,
                            std::span<ScrapedSeries* const> queries);

 private:
  struct Query {
    std::uint64_t number = 0;
    std::uint64_t asked = 0;
    SelectorQuery query;
    std::vector<signed char> selects;  // By series: -1 not looked at yet, else 0 or 1.
  };
  using CounterKey = std::pair<std::uint64_t, SeriesTable::SeriesId>;
  struct Target {
    bool failed = false;
    std::map<CounterKey, ScrapedCounter> counters;
  };

  [[nodiscard]] Query& Look(const std::string& expression) HPAPLUS_REQUIRES(mutex_);
  void ForgetOldestQuery() HPAPLUS_REQUIRES(mutex_);
  void FollowGeneration() HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool Selects(Query& query, SeriesTable::SeriesId series) HPAPLUS_REQUIRES(mutex_);
  void TakeQuery(Target& target, Timestamp now, ScrapedSeries& into) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<ScalarSample> SampleOf(Target& target, const Query& query,
                                                     const SeriesTable::Point& point, Timestamp now)
      HPAPLUS_REQUIRES(mutex_);

  Mutex mutex_;
  SeriesTable table_ HPAPLUS_GUARDED_BY(mutex_);
  std::uint64_t generation_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::vector<SeriesTable::Point> points_ HPAPLUS_GUARDED_BY(mutex_);  // Of the text being taken.
  std::map<std::string, Query> queries_ HPAPLUS_GUARDED_BY(mutex_);
  std::uint64_t next_number_ HPAPLUS_GUARDED_BY(mutex_) = 1;
  std::uint64_t asked_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::map<ScrapeTarget, Target> targets_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace hpaplus::collectors
