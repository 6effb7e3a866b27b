#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "engine/core/policy.h"
#include "engine/loop/round_tap.h"
#include "engine/ports/journal.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::rehearse {

/// The closed-loop shadow of every object in mode DryRun: the same Decide with replicas of its own,
/// which follow its own decisions and take a while to start, on the demand that is found in what
/// the real pods measure. It begins with the real size when the object is first seen in that mode,
/// goes on through changes of the spec, and ends with the mode, the object, or its target. What is
/// unknown to the object is unknown to its shadow, which holds.
///
/// A tap, and a journal for those who are gone. One decision more for each such object, in the
/// tick; nothing for others. Not thread-safe.
class Shadows final : public RoundTap, public Journal {
 public:
  struct Config {
    DecideConfig decide;  // As the engine's.
    bool all = false;     // Of every object that would write sizes, whatever its mode.
    Duration startup = std::chrono::seconds(30);  // Of a replica, where no pod has shown another.
  };

  /// `book` says where they are, and has to outlive this; `next` is given every round that it
  /// wants, and may be null.
  Shadows(const Config& config, PolicyFactory make_policies, ShadowBook& book, RoundTap* next);
  ~Shadows() override;

  [[nodiscard]] bool Wants(WorkloadId id, const WorkloadView& view) override;
  [[nodiscard]] bool WantsHistory(WorkloadId id) override;
  void Take(Round round) override;

  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId workload) override { End(workload); }
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  class Shadow;

  [[nodiscard]] bool HasShadow(const WorkloadSpec& spec) const;
  void Follow(const Round& round);
  void End(WorkloadId id);

  const Config config_;
  const PolicyFactory make_policies_;
  ShadowBook& book_;
  RoundTap* const next_;
  std::vector<std::unique_ptr<Shadow>> shadows_;  // By id; null: it has none.
};

}  // namespace hpaplus::rehearse
