#pragma once

#include "engine/kube/workload_lookup.h"
#include "engine/ports/journal.h"

namespace hpaplus::kube {

/// Gives the ids of workloads that are gone back for use, where no KubeJournal does: in a dry run,
/// which writes no statuses.
class ReleaseJournal final : public Journal {
 public:
  /// `lookup` must outlive the journal.
  explicit ReleaseJournal(WorkloadLookup& lookup) : lookup_(lookup) {}

  void RecordDecision(const Decision& /*decision*/, const WorkloadView& /*view*/) override {}
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId workload) override { lookup_.Release(workload); }
  void RecordTick(const TickReport& /*report*/) override {}

 private:
  WorkloadLookup& lookup_;
};

}  // namespace hpaplus::kube
