#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/eval/read_table.h"
#include "engine/eval/workload_table.h"
#include "engine/model/source.h"

namespace hpaplus {

/// Asks sources for the past of metrics, once, when an object is first seen, so that a window that
/// looks back over minutes is not empty after a restart.
///
/// The past is asked for with the first round of an object and waited for like the present, at most
/// until the round's timeout. What is not there by then, or cannot be had, is not asked for again:
/// the window fills with what comes, as it would without this. Only so many reads are begun in a
/// second; for those beyond it the next rounds ask, until the window has filled by itself. Equal
/// reads are one. Not thread-safe.
class Backfill {
 public:
  using PastOf = std::function<PastKept(const SourceName&)>;

  /// `reads` outlives it. Without `past_of` nothing is asked for.
  Backfill(PastOf past_of, const DecideConfig& config, ReadTable& reads)
      : past_of_(std::move(past_of)), config_(config), reads_(reads) {}

  /// For an object that is seen for the first time.
  void Plan(WorkloadState& state, Timestamp now);

  /// With a round. Returns how many answers it has to wait for besides.
  [[nodiscard]] std::size_t Ask(WorkloadId id, WorkloadState& state, Timestamp now,
                                Timestamp until);

  /// Takes in what became of a read; whether the round under way has waited for it.
  [[nodiscard]] bool Take(WorkloadId id, WorkloadState& state, ReadId read, Timestamp now);

 private:
  static constexpr std::size_t kReadsPerSecond = 20;

  [[nodiscard]] bool MayRead(PastKept kept, Timestamp now);
  void Fill(WorkloadState& state, Timestamp now);
  void Complain(const WorkloadState& state, const SourceName& source, const Error& error,
                Timestamp now);

  const PastOf past_of_;
  const DecideConfig config_;
  ReadTable& reads_;
  Timestamp second_{};  // Of `begun`.
  std::size_t begun_ = 0;
  std::map<SourceName, Timestamp> complained_;  // When last.
};

}  // namespace hpaplus
