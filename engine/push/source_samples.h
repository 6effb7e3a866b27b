#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/time.h"
#include "engine/model/timed_value.h"
#include "engine/ports/pushed_samples.h"
#include "engine/push/memory_budget.h"

namespace hpaplus::push {

/// What became of the samples of a request.
struct PushTally {
  std::size_t written = 0;  // Kept, or there already.
  std::size_t late = 0;     // Too old to be of use; nobody's fault.
  std::size_t refused = 0;
  std::string problem;  // Why the first of the refused ones was.
  /// Of which metrics there is something new. None and `many_metrics`: of more than sixteen.
  std::vector<std::string> metrics;
  bool many_metrics = false;

  void Refuse(std::size_t samples, std::string_view why);
  void NoteNew(const Labels& labels);
};

/// How Prometheus says that a series has ended: a NaN with these bits.
inline constexpr std::uint64_t kStaleMarkerBits = 0x7FF0000000000002U;
[[nodiscard]] bool IsStaleMarker(double value);

/// The series of one source with their newest samples.
///
/// A series keeps its newest samples by their own time, in whatever order they arrive. The same
/// sample again changes nothing; another number for the same time is refused, as there is no
/// telling which one is right. Samples of more than a minute ahead are refused as well: they would
/// hide the present for so long. Thread-safe; sharded, so that senders hardly ever meet.
class SourceSamples {
 public:
  struct Limits {
    std::size_t series_most = 1000;
    std::size_t samples_per_series = 64;
    Duration forget_after = std::chrono::minutes(5);
  };
  static constexpr Duration kFarthestAhead = std::chrono::minutes(1);

  /// `process` is what all sources may use together and outlives this; `own` is the most of it.
  SourceSamples(const Limits& limits, MemoryBudget& process, std::size_t own);
  ~SourceSamples();
  SourceSamples(const SourceSamples&) = delete;
  SourceSamples& operator=(const SourceSamples&) = delete;

  /// Series that are there already stay.
  void SetLimits(const Limits& limits);

  /// Adds samples to the series of those labels, in the form of SeriesKey() or in any that
  /// LabelsOfWire() reads.
  void Append(std::string_view labels, std::span<const TimedValue> samples, Timestamp now,
              PushTally& tally);

  /// Adds to the series' newest sample what has come since, for senders that count anew each time.
  /// A time that is not after that sample's may be the same once more: it is late.
  void Add(std::string_view labels, const TimedValue& increase, Timestamp now, PushTally& tally);

  /// Forgets the series that have been silent for too long; looks once a second at most.
  void Sweep(Timestamp now);

  [[nodiscard]] std::shared_ptr<const PushedCatalog> Catalog();
  [[nodiscard]] std::vector<std::vector<TimedValue>> Read(std::span<const std::uint64_t> series,
                                                          std::size_t newest_most);

  [[nodiscard]] std::size_t series_count() const { return series_count_; }

 private:
  static constexpr std::size_t kShards = 8;

  struct Series {
    std::uint64_t id = 0;
    std::shared_ptr<const Labels> labels;
    Timestamp received{};
    std::size_t room = 0;             // Samples that are paid for.
    std::vector<TimedValue> samples;  // Ordered by time.
  };
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>()(key);
    }
  };
  struct Shard {
    Mutex mutex;
    std::unordered_map<std::string, Series, KeyHash, std::equal_to<>> series
        HPAPLUS_GUARDED_BY(mutex);
    std::unordered_map<std::uint64_t, Series*> by_id HPAPLUS_GUARDED_BY(mutex);
    std::uint64_t ids_given HPAPLUS_GUARDED_BY(mutex) = 0;
  };

  // What a request has for one series.
  struct Arrival {
    std::span<const TimedValue> samples;
    bool increases = false;
    Timestamp now{};
  };

  void Put(std::string_view labels, const Arrival& arrival, PushTally& tally);
  [[nodiscard]] bool PutKnown(std::string_view key, const Arrival& arrival, PushTally& tally);
  [[nodiscard]] bool AddSeries(const std::string& key, Labels labels, Timestamp now);
  void Store(Series& series, const Arrival& arrival, PushTally& tally);
  void Store(Series& series, const TimedValue& sample, Timestamp now, PushTally& tally);
  void MakeRoom(Series& series);
  [[nodiscard]] bool Take(std::size_t bytes);
  void Give(std::size_t bytes);
  [[nodiscard]] std::size_t ShardOf(std::string_view key) const;

  MemoryBudget& process_;
  MemoryBudget own_;
  std::atomic<std::size_t> series_most_;
  std::atomic<std::size_t> samples_per_series_;
  std::atomic<Duration> forget_after_;
  std::atomic<std::size_t> series_count_{0};
  std::atomic<Timestamp> swept_{Timestamp()};
  std::atomic<std::uint64_t> changes_{0};  // Series that came or went.
  std::array<Shard, kShards> shards_;

  Mutex catalog_mutex_;
  std::shared_ptr<const PushedCatalog> catalog_ HPAPLUS_GUARDED_BY(catalog_mutex_);
  std::uint64_t catalog_changes_ HPAPLUS_GUARDED_BY(catalog_mutex_) = 0;
};

}  // namespace hpaplus::push
