#include "engine/loop/command_ledger.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

Duration RefusalDelay(int refusals) {
  constexpr int kDoublings = 9;  // 2^9 seconds are above the limit already.
  const Duration delay = CommandLedger::kRefusedFirst * (1 << std::min(refusals - 1, kDoublings));
  return std::min(delay, CommandLedger::kRefusedMost);
}

bool SameObject(const WorkloadView& a, const WorkloadView& b) {
  return a.spec->uid == b.spec->uid;
}

}  // namespace

void CommandLedger::Start(ScaleCommand command) {
  Entry& entry = at(command.workload);
  if (entry.under_way) return actuator_.Replace(std::move(command));
  if (command.decided_at < entry.not_before) return;
  entry.under_way = true;
  ++under_way_;
  actuator_.Start(std::move(command));
}

void CommandLedger::Withdraw(WorkloadId id) {
  if (at(id).under_way) actuator_.Cancel(id);
}

void CommandLedger::BeginPeriod(WorkloadId id) {
  at(id).conflicts = 0;
}

void CommandLedger::Forgive(WorkloadId id) {
  at(id).refusals = 0;
  at(id).not_before = {};
}

void CommandLedger::Forget(WorkloadId id) {
  Entry& entry = at(id);
  const bool under_way = entry.under_way;
  entry = Entry();
  entry.under_way = under_way;
}

CommandLedger::Verdict CommandLedger::Settle(const ScaleOutcome& outcome, const WorkloadView* view,
                                             Timestamp now) {
  Entry& entry = at(outcome.command.workload);
  HPAPLUS_CHECK(entry.under_way);
  entry.under_way = false;
  --under_way_;
  if (view == nullptr || !SameObject(*view, *outcome.command.view)) return Verdict::kNotWritten;
  if (outcome.result) {
    entry.refusals = 0;
    entry.lost.clear();
    return Verdict::kWritten;
  }
  switch (outcome.result.error().code) {
    case ErrorCode::kConflict:
      return ++entry.conflicts <= kConflictsPerPeriod ? Verdict::kDecideAgain
                                                      : Verdict::kNotWritten;
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kNotFound:
    case ErrorCode::kMalformedData:
      entry.not_before = now + RefusalDelay(++entry.refusals);
      return Verdict::kNotWritten;
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
      if (entry.lost.size() == kLostMost) entry.lost.erase(entry.lost.begin());
      entry.lost.push_back(outcome.command);
      return Verdict::kNotWritten;
    case ErrorCode::kGone:
      return Verdict::kNotWritten;
  }
  HPAPLUS_CHECK(false);
}

std::optional<ScaleCommand> CommandLedger::TakeArrived(WorkloadId id, const WorkloadView& view) {
  Entry& entry = at(id);
  if (entry.under_way || entry.lost.empty() || view.scale.status != ScaleStatus::kKnown)
    return std::nullopt;
  if (view.scale.spec_replicas == entry.lost.back().view->scale.spec_replicas) return std::nullopt;
  // The size has moved: by one of our writes or by somebody else's, the doubt is over.
  const std::vector<ScaleCommand> lost = std::exchange(entry.lost, {});
  const auto ours = std::ranges::find(lost, view.scale.spec_replicas, &ScaleCommand::replicas);
  if (ours == lost.end()) return std::nullopt;
  return *ours;
}

CommandLedger::Entry& CommandLedger::at(WorkloadId id) {
  if (entries_.size() <= id.index) entries_.resize(id.index + 1U);
  return entries_[id.index];
}

}  // namespace hpaplus
