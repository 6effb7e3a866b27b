#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/eval/past_reads.h"
#include "engine/loop/breaker.h"
#include "engine/model/source.h"
#include "engine/ports/clock.h"
#include "engine/ports/collector.h"
#include "engine/ports/collector_registry.h"
#include "engine/ports/metric_feed.h"
#include "engine/ports/source_health.h"
#include "engine/ports/telemetry.h"

namespace hpaplus {

/// What the runner has to know about one source.
struct RunnableSource {
  /// Makes one collector; called once per lane, when the source is set.
  std::function<Result<std::unique_ptr<Collector>>()> make;
  /// Whether objects of this namespace may ask; null: all may. Thread-safe, does not block.
  std::function<bool(std::string_view ns)> allows;
  Duration timeout = std::chrono::seconds(2);  // For one Collect(), whatever the askers allow.
  Duration share_for{};                        // An answer this young is given again.
  std::vector<std::string> secrets;            // No error shows them, see secret_text.h.
  PastKept past = PastKept::kNone;
};

/// A source from its spec: made by the plugin that it names, with its timeout and cache. `registry`
/// and `deps` must outlive it.
[[nodiscard]] RunnableSource MakeRunnable(ResolvedSource source, const CollectorRegistry& registry,
                                          const CollectorDeps& deps,
                                          std::function<bool(std::string_view ns)> allows);

/// The live MetricFeed: a bounded pool of threads that runs collectors.
///
/// Each source has a few lanes, a collector each, and never more than those of the threads. What is
/// pending for a source goes out as one batch as soon as a lane is free; equal queries of a batch
/// are asked once. Nobody waits for another source: a second lane is used only while a quarter of
/// the threads is free, and sources that have stopped answering (breaker.h) share another quarter
/// for being probed. So sources that hang, however many, leave the others their half.
///
/// Every read has one result: the collector's, or an error right away (no such source, not from
/// this namespace, not answering, too much pending), or kDeadlineExceeded in the first
/// TakeArrived() at or after its deadline. An answer that comes later than that is dropped: a
/// collector is given the deadline too, so there is hardly ever one.
///
/// Thread-safe. The destructor asks everybody to stop and waits: collectors that watch their stop
/// token return at once, the others by their deadline.
class CollectorRunner final : public MetricFeed {
 public:
  struct Config {
    std::size_t threads = 16;
    std::size_t lanes_per_source = 2;
    std::size_t pending_most = 100'000;  // Reads per source that wait for a lane.
    std::size_t batch_most = 1'000;      // Queries in one Collect().
    std::size_t news_names_most = 16;    // Metrics of one source; more are any.
    Breaker::Config breaker;
    /// Called, by any thread, when a source has been asked for the first time, when it fails or
    /// works again, and when it is left alone or not any more. Must not block; null for nobody.
    std::function<void(const SourceName&)> health_changed;
  };

  /// `wake` is called, by any thread, when results have arrived; it must not block. The clock and
  /// the telemetry are used from all threads and outlive the runner.
  CollectorRunner(const Config& config, Clock& clock, Telemetry& telemetry,
                  std::function<void()> wake);
  ~CollectorRunner() override;
  CollectorRunner(const CollectorRunner&) = delete;
  CollectorRunner& operator=(const CollectorRunner&) = delete;

  /// Adds a source or replaces it; what is pending goes to the new one. When no collector can be
  /// made the error is returned and an older one of that name goes on. With an error in place of a
  /// source (a Secret is missing, say) all its reads end in that error.
  [[nodiscard]] Status SetSource(const SourceName& name, Result<RunnableSource> source);
  /// Its reads end in kNotFound from now on, those that are pending too.
  void RemoveSource(const SourceName& name);

  /// For Engine::Config::share_for. Nothing for sources that are not there.
  [[nodiscard]] Duration ShareFor(const SourceName& name) const;

  /// "Not asked" for sources that are not there.
  [[nodiscard]] SourceHealth HealthOf(const SourceName& name) const;
  /// For Engine::Config::past_of.
  [[nodiscard]] PastKept PastOf(const SourceName& name) const;

  /// There is something new at a source, about these metrics or, when there are none, about any.
  /// Nothing for sources that are not there. Does not block.
  void Announce(const SourceName& name, const std::vector<std::string>& metrics);

  void Start(std::span<const ReadRequest> requests) override;
  [[nodiscard]] std::vector<ReadResult> TakeArrived() override;
  [[nodiscard]] std::vector<MetricNews> TakeNews() override;

 private:
  // One asking of a read. A ReadId is asked again only after its result, with another ticket.
  struct Asked {
    ReadId id;
    std::uint64_t ticket = 0;
    Timestamp deadline{};
    SharedValue<PlannedRead> read;
  };
  struct Lane {
    std::unique_ptr<Collector> collector;
    bool busy = false;
  };
  struct Source {
    SourceName name;
    RunnableSource setup;          // Constant.
    std::optional<Error> refusal;  // Constant: what all reads end in.
    std::vector<Lane> lanes;
    std::deque<Asked> pending;
    std::shared_ptr<std::size_t> busy_lanes;  // Shared with earlier sources of that name.
    std::optional<Breaker> breaker;
    std::string last_problem;  // Why the breaker is open.
    SourceHealth health;
    bool waiting = false;  // Among waiting_.
  };
  struct Batch {
    std::shared_ptr<Source> source;
    std::size_t lane = 0;
    bool probe = false;
    std::vector<Asked> asked;
    std::vector<MetricQuery> queries;    // Each once.
    std::vector<std::size_t> answer_of;  // asked[i] is answered by queries[answer_of[i]].
  };
  struct Outstanding {
    std::uint64_t ticket = 0;  // 0: nothing is asked.
    Timestamp deadline{};
  };

  [[nodiscard]] Result<std::vector<Lane>> MakeLanes(const RunnableSource& source) const;
  void TakeOver(Source& from, Source& to) HPAPLUS_REQUIRES(mutex_);
  void Enqueue(std::span<const ReadRequest* const> requests);
  void Ask(Source& source, const ReadRequest& request, Timestamp now) HPAPLUS_REQUIRES(mutex_);
  std::uint64_t Open(const ReadRequest& request) HPAPLUS_REQUIRES(mutex_);
  void Finish(ReadId id, std::uint64_t ticket, ReadingResult reading) HPAPLUS_REQUIRES(mutex_);
  void Offer(const std::shared_ptr<Source>& source) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] bool MayRun(const Source& source) const HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Batch> TakeBatch() HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] Batch MakeBatch(const std::shared_ptr<Source>& source) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] std::optional<Batch> WaitForBatch();
  void Work();
  void Run(Batch& batch);
  [[nodiscard]] std::vector<ReadingResult> Collect(const Batch& batch, Timestamp now);
  /// Whether the source's health has changed.
  [[nodiscard]] bool Deliver(Batch& batch, std::vector<ReadingResult> answers);
  [[nodiscard]] bool Judge(Source& source, std::span<const ReadingResult> answers,
                           Timestamp now) const HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  const std::size_t thread_count_;
  Clock& clock_;
  Telemetry& telemetry_;
  const std::function<void()> wake_;

  mutable Mutex mutex_;
  std::condition_variable_any work_;
  std::map<SourceName, std::shared_ptr<Source>, std::less<>> sources_ HPAPLUS_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Source>> waiting_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<Outstanding> outstanding_ HPAPLUS_GUARDED_BY(mutex_);  // Indexed by ReadId.
  std::set<std::pair<Timestamp, ReadId>> deadlines_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<ReadResult> arrived_ HPAPLUS_GUARDED_BY(mutex_);
  std::map<SourceName, std::set<std::string>> news_ HPAPLUS_GUARDED_BY(mutex_);  // Empty: any.
  std::uint64_t next_ticket_ HPAPLUS_GUARDED_BY(mutex_) = 1;
  std::size_t threads_busy_ HPAPLUS_GUARDED_BY(mutex_) = 0;
  std::size_t probes_running_ HPAPLUS_GUARDED_BY(mutex_) = 0;

  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // Last: they use everything above.
};

}  // namespace hpaplus
