#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "engine/base/bounded_queue.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/ports/journal.h"
#include "engine/record/segment.h"

namespace hpaplus::record {

/// Writes what the engine decides, and from what, into a ring of segments in a directory. The tick
/// only enters it into a queue; a thread of its own packs and writes. What does not fit into the
/// queue, or cannot be written, is counted, in the recording too.
///
/// Take(), WantsHistory() and the journal's functions: the tick's thread. The rest: any.
class Recorder final : public RoundTap, public Journal {
 public:
  struct Config {
    std::filesystem::path directory;       // Is created when its parent is there.
    std::uint64_t bytes_most = 1U << 30U;  // Of all segments; the oldest are deleted.
    std::size_t queue_most = 16'384;       // Rounds that wait to be written.
    std::string writer;                    // The program and its version.
    DecideConfig decide;                   // That all rounds are decided with.
  };
  static constexpr std::uint64_t kBytesLeast = 1U << 20U;

  struct Numbers {
    std::uint64_t rounds = 0;    // Written.
    std::uint64_t lost = 0;      // Not written.
    std::uint64_t bytes = 0;     // Written.
    std::uint64_t failures = 0;  // Of writing.
    bool failing = false;        // Now.
  };

  /// Goes on after the segments that are there. kUnavailable: the directory cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> Start(const Config& config);
  /// Writes what is in the queue, and stops.
  ~Recorder() override;

  [[nodiscard]] bool WantsHistory(WorkloadId id) override;
  void Take(Round round) override;

  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override;
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& report) override;

  [[nodiscard]] Numbers numbers() const;
  /// The same in Prometheus' text format.
  [[nodiscard]] std::string Metrics() const;

 private:
  struct Write {
    ScaleOutcome outcome;
    Timestamp at{};
  };
  struct Item {
    std::uint64_t generation = 0;
    std::variant<Round, Write, WorkloadId> what;
  };

  // The file that is being written.
  class File;

  explicit Recorder(const Config& config);

  void Enter(Item item, WorkloadId workload);
  void WriteAll(const std::stop_token& stop);
  void WriteOne(const Item& item);
  [[nodiscard]] bool OpenFor(const Item& item);
  void CountLost(std::uint64_t rounds);
  void Flush();
  void Fail(const Error& error);
  void DropOldest();

  const Config config_;
  BoundedQueue<Item> queue_;
  std::atomic<std::uint64_t> wanted_{1};  // Rounds of this generation carry their histories once.

  // The tick's.
  std::uint64_t generation_ = 1;
  std::vector<std::uint64_t> told_;  // By workload: the generation whose history has been entered.

  // The writer's.
  std::unique_ptr<File> file_;
  SegmentEncoder encoder_;
  std::uint64_t segment_generation_ = 0;
  std::uint64_t next_part_ = 1;
  std::uint64_t lost_before_ = 0;  // Not yet in the recording.
  std::uint64_t dropped_seen_ = 0;
  std::uint64_t unflushed_ = 0;  // Rounds in the file's buffer.
  Timestamp newest_{};           // Of all rounds.
  Timestamp retry_at_ = Timestamp::min();

  mutable Mutex mutex_;
  Numbers numbers_ HPAPLUS_GUARDED_BY(mutex_);

  std::jthread thread_;
};

}  // namespace hpaplus::record
