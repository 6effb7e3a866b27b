#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/ports/journal.h"
#include "engine/record/segment_reader.h"

namespace hpaplus::record {

/// A decision from a while ago, with all that texts about it are made from.
struct PastDecision {
  Decision decision;
  WorkloadView view;  // As it was, without its pods and its scale's state but the problem.
  std::optional<RecordedWrite> write;  // What became of it; null: nothing was to be written.
};

/// The last decisions about each object, in memory, packed to a few hundred bytes each. When there
/// are too many, or they are too large together, the oldest go first.
///
/// Journal: the tick's thread, which waits at most for one reader that copies one object's bytes.
/// The rest: any thread.
class RecentDecisions final : public Journal {
 public:
  struct Config {
    std::size_t per_object = 120;
    std::size_t bytes_most = 64U << 20U;  // Of all together.
  };
  struct Size {
    Timestamp at{};
    Replicas current = 0;
    Replicas desired = 0;
  };
  struct Totals {
    std::size_t decisions = 0;
    std::size_t bytes = 0;
  };

  explicit RecentDecisions(const Config& config) : config_(config) {}

  void RecordDecision(const Decision& decision, const WorkloadView& view) override;
  void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override;
  void RecordGone(WorkloadId workload) override;
  void RecordTick(const TickReport& /*report*/) override {}

  /// Oldest first; empty where none is kept, or another object has that id now.
  [[nodiscard]] std::vector<PastDecision> Of(WorkloadId workload, std::string_view uid) const;
  /// The same without reasons: of each decision what it made of what.
  [[nodiscard]] std::vector<Size> SizesOf(WorkloadId workload, std::string_view uid) const;
  [[nodiscard]] Totals totals() const;
  [[nodiscard]] const Config& config() const { return config_; }

 private:
  // What most decisions have nothing of.
  struct Remarks {
    std::string scale_problem;
    std::string conflict;
    std::string freeze;
    std::optional<RecordedWrite> write;
  };
  struct Kept {
    WorkloadId workload;
    Size size;
    std::shared_ptr<const WorkloadSpec> spec;
    std::string packed;
    std::shared_ptr<const Remarks> remarks;  // May be null.
    std::size_t bytes = 0;
    std::list<Kept>::iterator next;  // The object's next one, unless this is its last.
  };
  struct Trail {
    std::list<Kept>::iterator first;
    std::list<Kept>::iterator last;
    std::size_t count = 0;
  };

  static Kept Keep(const Decision& decision, const WorkloadView& view);
  static PastDecision Unpack(const Kept& kept);

  [[nodiscard]] const Trail* Find(WorkloadId workload, std::string_view uid) const
      HPAPLUS_REQUIRES(mutex_);
  void Charge(Kept& kept, std::size_t bytes) HPAPLUS_REQUIRES(mutex_);
  void DropFirst(Trail& trail) HPAPLUS_REQUIRES(mutex_);

  const Config config_;

  mutable Mutex mutex_;
  std::list<Kept> kept_ HPAPLUS_GUARDED_BY(mutex_);       // Oldest first.
  std::vector<Trail> trails_ HPAPLUS_GUARDED_BY(mutex_);  // By workload.
  std::size_t bytes_ HPAPLUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace hpaplus::record
