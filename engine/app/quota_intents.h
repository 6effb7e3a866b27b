#pragma once

#include "engine/ports/journal.h"
#include "engine/ports/quota_gate.h"

namespace hpaplus::app {

/// Tells quotas what sizes are wanted, as they are decided.
class QuotaIntents final : public Journal {
 public:
  /// `gate` must outlive it.
  explicit QuotaIntents(QuotaGate& gate) : gate_(gate) {}

  void RecordDecision(const Decision& decision, const WorkloadView& view) override {
    if (!decision.known) return;
    const QuotaAsk ask{decision.workload, &view, decision.current, decision.desired, decision.acts};
    (void)gate_.Ask({&ask, 1}, decision.at);
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId workload) override { gate_.Forget(workload); }
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  QuotaGate& gate_;
};

}  // namespace hpaplus::app
