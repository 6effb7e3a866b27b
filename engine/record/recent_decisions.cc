#include "engine/record/recent_decisions.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/record/codec.h"

namespace hpaplus::record {
namespace {

constexpr std::size_t kNodeBytes = 64;      // Of the list and of allocations, about.
constexpr std::size_t kProblemMost = 1000;  // Characters of why a size was not written.

// About what a spec takes that nobody else keeps any more.
std::size_t SpecBytes(const WorkloadSpec& spec) {
  return sizeof spec + spec.metrics.size() * sizeof(MetricSpec) + PackSpec(spec).size();
}

}  // namespace

RecentDecisions::Kept RecentDecisions::Keep(const Decision& decision, const WorkloadView& view) {
  Kept kept;
  kept.workload = decision.workload;
  kept.size = {decision.at, decision.current, decision.desired};
  kept.spec = view.spec;
  // A copy has no room to spare, unlike what has grown.
  const std::string packed = PackDecision(decision);
  kept.packed.assign(packed);
  kept.bytes = sizeof(Kept) + kNodeBytes + kept.packed.size();
  if (!view.scale.problem.empty() || !view.conflict.empty() || !view.freeze.empty()) {
    kept.remarks = std::make_shared<const Remarks>(
        Remarks{view.scale.problem, view.conflict, view.freeze, std::nullopt});
    kept.bytes +=
        sizeof(Remarks) + view.scale.problem.size() + view.conflict.size() + view.freeze.size();
  }
  return kept;
}

void RecentDecisions::RecordDecision(const Decision& decision, const WorkloadView& view) {
  Kept kept = Keep(decision, view);
  const MutexLock lock(mutex_);
  if (decision.workload.index >= trails_.size()) trails_.resize(decision.workload.index + 1U);
  Trail& trail = trails_[decision.workload.index];
  if (trail.count > 0 && trail.last->spec->uid != view.spec->uid) {
    while (trail.count > 0)
      DropFirst(trail);
  }
  if (trail.count > 0 && trail.last->spec != view.spec) {
    if (*trail.last->spec == *view.spec) {
      kept.spec = trail.last->spec;
    } else {
      Charge(*trail.last, SpecBytes(*trail.last->spec));
    }
  }
  bytes_ += kept.bytes;
  const auto added = kept_.insert(kept_.end(), std::move(kept));
  if (trail.count == 0) {
    trail.first = added;
  } else {
    trail.last->next = added;
  }
  trail.last = added;
  ++trail.count;
  if (trail.count > config_.per_object) DropFirst(trail);
  while (bytes_ > config_.bytes_most)
    DropFirst(trails_[kept_.front().workload.index]);
}

void RecentDecisions::RecordOutcome(const ScaleOutcome& outcome, Timestamp /*at*/) {
  const ScaleCommand& command = outcome.command;
  const MutexLock lock(mutex_);
  const Trail* trail = Find(command.workload, command.view->spec->uid);
  if (trail == nullptr) return;
  auto found = trail->first;
  for (std::size_t i = 1; i < trail->count && found->size.at != command.decided_at; ++i)
    found = found->next;
  if (found->size.at != command.decided_at) return;
  RecordedWrite write;
  write.from = command.view->scale.spec_replicas;
  write.to = command.replicas;
  write.written = outcome.result.has_value();
  if (!write.written) write.problem = outcome.result.error().message.substr(0, kProblemMost);
  Charge(*found, (found->remarks ? 0 : sizeof(Remarks)) + write.problem.size());
  auto remarks = std::make_shared<Remarks>(found->remarks ? *found->remarks : Remarks());
  remarks->write = std::move(write);
  found->remarks = std::move(remarks);
}

void RecentDecisions::RecordGone(WorkloadId workload) {
  const MutexLock lock(mutex_);
  if (workload.index >= trails_.size()) return;
  while (trails_[workload.index].count > 0)
    DropFirst(trails_[workload.index]);
}

std::vector<PastDecision> RecentDecisions::Of(WorkloadId workload, std::string_view uid) const {
  std::vector<Kept> copies;  // Unpacked when nobody waits for it.
  {
    const MutexLock lock(mutex_);
    const Trail* trail = Find(workload, uid);
    if (trail == nullptr) return {};
    copies.reserve(trail->count);
    auto kept = trail->first;
    for (std::size_t i = 0; i < trail->count; ++i, kept = kept->next)
      copies.push_back(*kept);
  }
  std::vector<PastDecision> past;
  past.reserve(copies.size());
  for (const Kept& kept : copies)
    past.push_back(Unpack(kept));
  return past;
}

std::vector<RecentDecisions::Size> RecentDecisions::SizesOf(WorkloadId workload,
                                                            std::string_view uid) const {
  std::vector<Size> sizes;
  const MutexLock lock(mutex_);
  const Trail* trail = Find(workload, uid);
  if (trail == nullptr) return sizes;
  sizes.reserve(trail->count);
  auto kept = trail->first;
  for (std::size_t i = 0; i < trail->count; ++i, kept = kept->next)
    sizes.push_back(kept->size);
  return sizes;
}

RecentDecisions::Totals RecentDecisions::totals() const {
  const MutexLock lock(mutex_);
  return {kept_.size(), bytes_};
}

PastDecision RecentDecisions::Unpack(const Kept& kept) {
  PastDecision past;
  auto decision = UnpackDecision(kept.packed);
  HPAPLUS_CHECK(decision.has_value());  // We packed it ourselves.
  past.decision = *std::move(decision);
  past.decision.workload = kept.workload;
  past.decision.at = kept.size.at;
  past.view.spec = kept.spec;
  past.view.scale.spec_replicas = kept.size.current;
  if (kept.remarks) {
    past.view.scale.problem = kept.remarks->scale_problem;
    past.view.conflict = kept.remarks->conflict;
    past.view.freeze = kept.remarks->freeze;
    past.write = kept.remarks->write;
  }
  return past;
}

const RecentDecisions::Trail* RecentDecisions::Find(WorkloadId workload,
                                                    std::string_view uid) const {
  if (workload.index >= trails_.size()) return nullptr;
  const Trail& trail = trails_[workload.index];
  return trail.count > 0 && trail.last->spec->uid == uid ? &trail : nullptr;
}

void RecentDecisions::Charge(Kept& kept, std::size_t bytes) {
  kept.bytes += bytes;
  bytes_ += bytes;
}

// An object's first is older than its others, so that the oldest of all is some object's first.
void RecentDecisions::DropFirst(Trail& trail) {
  const auto first = trail.first;
  --trail.count;
  if (trail.count > 0) trail.first = first->next;
  bytes_ -= first->bytes;
  kept_.erase(first);
}

}  // namespace hpaplus::record
