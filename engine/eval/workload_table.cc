#include "engine/eval/workload_table.h"

#include <utility>

namespace hpaplus {
namespace {

// Whether the questions to ask may differ between two views of one object.
bool SameQuestions(const WorkloadView& a, const WorkloadView& b) {
  const bool same_spec = a.spec == b.spec || a.spec->metrics == b.spec->metrics;
  return same_spec && a.spec->target == b.spec->target && a.scale.selector == b.scale.selector;
}

bool SameSpec(const WorkloadView& a, const WorkloadView& b) {
  return a.spec == b.spec || *a.spec == *b.spec;
}

}  // namespace

WorkloadChange WorkloadTable::Apply(const WorkloadUpdate& update) {
  if (states_.size() <= update.id.index) states_.resize(update.id.index + 1U);
  WorkloadState& state = states_[update.id.index];
  const std::shared_ptr<const WorkloadView> before = std::exchange(state.view, update.view);

  if (!update.view) {
    if (!before) return WorkloadChange::kNone;
    ReleaseReads(update.id, state);
    ReleasePast(update.id, state);
    state = WorkloadState();
    --size_;
    return WorkloadChange::kRemoved;
  }
  if (!before || before->spec->uid != update.view->spec->uid) {
    if (!before) ++size_;
    state.history = History();
    state.history_changed = true;
    ReleasePast(update.id, state);
    state.policies = make_policies_(*update.view->spec);
    PlanAgain(update.id, state);
    return before ? WorkloadChange::kReplaced : WorkloadChange::kAdded;
  }
  if (!SameQuestions(*before, *update.view)) PlanAgain(update.id, state);
  if (SameSpec(*before, *update.view)) return WorkloadChange::kObserved;
  state.policies = make_policies_(*update.view->spec);
  if (before->spec->metrics != update.view->spec->metrics) ReleasePast(update.id, state);
  return WorkloadChange::kSpec;
}

WorkloadState* WorkloadTable::Find(WorkloadId id) {
  if (id.index >= states_.size() || !states_[id.index].view) return nullptr;
  return &states_[id.index];
}

void WorkloadTable::PlanAgain(WorkloadId id, WorkloadState& state) {
  // The new reads are acquired before the old ones are released, so that a question that stays
  // keeps its answer.
  std::vector<ReadSlot> slots;
  for (const Result<PlannedRead>& planned : PlanReads(*state.view, pod_metrics_)) {
    ReadSlot& slot = slots.emplace_back();
    if (planned) {
      slot.read = reads_.Acquire(*planned, id);
    } else {
      slot.problem = planned.error();
    }
  }
  ReleaseReads(id, state);
  state.reads = std::move(slots);
}

void WorkloadTable::ReleaseReads(WorkloadId id, WorkloadState& state) {
  for (const ReadSlot& slot : state.reads) {
    if (slot.read) reads_.Release(*slot.read, id);
  }
  state.reads.clear();
  if (state.past) state.past->StopWaiting();
  state.reads_awaited = 0;
  state.in_round = false;
}

void WorkloadTable::ReleasePast(WorkloadId id, WorkloadState& state) {
  if (!state.past) return;
  for (const PastReads::Slot& slot : state.past->slots) {
    if (slot.read) reads_.Release(*slot.read, id);
  }
  state.past.reset();
}

}  // namespace hpaplus
