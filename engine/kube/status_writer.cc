#include "engine/kube/status_writer.h"

#include <algorithm>
#include <memory>

#include "engine/base/log.h"
#include "engine/base/url.h"
#include "engine/kube/status_json.h"

namespace hpaplus::kube {
namespace {

std::string StatusPath(const WorkloadSpec& spec) {
  return "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/" + PercentEncode(spec.ns) +
         "/hpapluses/" + PercentEncode(spec.name) + "/status?fieldManager=hpaplus";
}

// There are thousands of statuses at rest, and then the newest is the one that was written.
SharedValue<ObjectStatus> SharedWith(const SharedValue<ObjectStatus>& written,
                                     ObjectStatus status) {
  return status == *written ? written : SharedValue<ObjectStatus>(std::move(status));
}

// From and to; equal when nothing is to change.
std::pair<Replicas, Replicas> ChangeOf(const Decision& decision) {
  return {decision.current, decision.known ? decision.desired : decision.current};
}

}  // namespace

StatusWriter::StatusWriter(Config config, Send send, WorkloadLookup& lookup, Clock& clock)
    : config_(std::move(config)),
      send_(std::move(send)),
      lookup_(lookup),
      clock_(clock),
      tokens_(config_.writes_per_second, config_.writes_burst) {}

void StatusWriter::Update(const Decision& decision, const WorkloadView& view,
                          const ShadowState* shadow) {
  const std::optional<WorkloadNow> current = lookup_.Find(decision.workload);
  if (!current || current->spec->uid != view.spec->uid) return;
  {
    const MutexLock lock(mutex_);
    Slot& slot = SlotOf(decision, view, *current);
    if (!decision.acts) slot.write_failure.reset();
    const auto change = ChangeOf(decision);
    const StatusInput in{decision,
                         view,
                         current->generation,
                         current->problem,
                         slot.write_failure,
                         std::exchange(slot.last_change, change) == change,
                         shadow};
    slot.newest = SharedWith(slot.written, MakeStatus(in, *slot.newest));
    Plan(decision.workload.index,
         decision.acts ? decision.at + config_.outcome_grace : decision.at);
  }
  if (config_.wake) config_.wake();
}

void StatusWriter::RecordOutcome(const ScaleOutcome& outcome, Timestamp at) {
  {
    const MutexLock lock(mutex_);
    const std::uint32_t index = outcome.command.workload.index;
    if (index >= slots_.size()) return;
    Slot& slot = slots_[index];
    if (!slot.used || slot.uid != outcome.command.view->spec->uid) return;
    slot.write_failure.reset();
    if (!outcome.result) slot.write_failure = outcome.result.error();
    slot.newest = SharedWith(slot.written, WithOutcome(*slot.newest, outcome, at));
    Unplan(index);
    Plan(index, at);
  }
  if (config_.wake) config_.wake();
}

void StatusWriter::Forget(WorkloadId id) {
  const MutexLock lock(mutex_);
  if (id.index >= slots_.size()) return;
  Unplan(id.index);
  slots_[id.index] = Slot{};
}

Timestamp StatusWriter::RunChores(Timestamp now) {
  while (std::optional<Due> due = TakeDue(now)) {
    KubeRequest request;
    request.method = "PATCH";
    request.path = due->path;
    request.body = StatusPatch(*due->status);
    request.content_type = "application/merge-patch+json";
    request.verb = "patch";
    request.resource = "hpapluses/status";
    request.priority = Priority::kStatus;
    send_(std::move(request), [this, sent = std::make_shared<const Due>(*std::move(due))](
                                  const Result<std::string>& result) { OnWritten(*sent, result); });
  }
  const MutexLock lock(mutex_);
  if (queue_.empty()) return Timestamp::max();
  return std::max(queue_.begin()->first, tokens_.Next(now));
}

std::uint64_t StatusWriter::writes() const {
  const MutexLock lock(mutex_);
  return writes_;
}

// A new slot begins with what the object has stored, so that a restart changes no times and, if
// everything is as before, writes nothing.
StatusWriter::Slot& StatusWriter::SlotOf(const Decision& decision, const WorkloadView& view,
                                         const WorkloadNow& now) {
  const std::uint32_t index = decision.workload.index;
  if (index >= slots_.size()) slots_.resize(index + 1);
  Slot& slot = slots_[index];
  if (slot.used && slot.uid == view.spec->uid) return slot;
  Unplan(index);
  slot = Slot{};
  slot.used = true;
  slot.serial = ++serials_;
  slot.path = StatusPath(*view.spec);
  slot.uid = view.spec->uid;
  slot.values_due = decision.at + config_.values_spacing;
  if (now.stored_status != nullptr) slot.written = *now.stored_status;
  slot.newest = slot.written;
  if (slot.written->last_decision) {
    slot.last_change = {slot.written->last_decision->from, slot.written->last_decision->to};
  }
  return slot;
}

void StatusWriter::Plan(std::uint32_t index, Timestamp at) {
  Slot& slot = slots_[index];
  if (slot.in_flight) return;  // Looked at again when its answer is there.
  if (slot.newest == slot.written) return Unplan(index);
  const bool only_values = SameMeaning(*slot.newest, *slot.written);
  at = std::max(at, only_values ? std::max(slot.values_due, slot.not_before) : slot.not_before);
  if (slot.queued_at && *slot.queued_at <= at) return;
  Unplan(index);
  slot.queued_at = at;
  queue_.emplace(at, index);
}

void StatusWriter::Unplan(std::uint32_t index) {
  Slot& slot = slots_[index];
  if (!slot.queued_at) return;
  queue_.erase({*slot.queued_at, index});
  slot.queued_at.reset();
}

std::optional<StatusWriter::Due> StatusWriter::TakeDue(Timestamp now) {
  const MutexLock lock(mutex_);
  while (!queue_.empty() && queue_.begin()->first <= now) {
    const std::uint32_t index = queue_.begin()->second;
    Slot& slot = slots_[index];
    const bool only_values = SameMeaning(*slot.newest, *slot.written);
    if (slot.newest == slot.written || (only_values && now < slot.values_due)) {
      Unplan(index);
      Plan(index, now);
      continue;
    }
    if (!tokens_.Take(now)) return std::nullopt;
    Unplan(index);
    slot.in_flight = true;
    ++writes_;
    return Due{index, slot.serial, slot.path, slot.newest};
  }
  return std::nullopt;
}

void StatusWriter::OnWritten(const Due& due, const Result<std::string>& result) {
  const Timestamp now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    if (due.index >= slots_.size() || slots_[due.index].serial != due.serial) return;
    Slot& slot = slots_[due.index];
    slot.in_flight = false;
    slot.values_due = now + config_.values_spacing;
    const bool passes = !result && (result.error().code == ErrorCode::kUnavailable ||
                                    result.error().code == ErrorCode::kDeadlineExceeded ||
                                    result.error().code == ErrorCode::kPermissionDenied);
    if (passes) {
      slot.not_before = now + RetryDelay(slot.failures++);
      Plan(due.index, now);
    } else {
      // Refused as it is: the same again would be refused again, something newer may not.
      slot.written = due.status;
      slot.failures = 0;
      Plan(due.index, now);
    }
  }
  if (!result && result.error().code != ErrorCode::kNotFound) {
    HPAPLUS_LOG(kWarning, "status not written",
                {{"path", due.path}, {"error", result.error().message}});
  }
  if (config_.wake) config_.wake();
}

Duration StatusWriter::RetryDelay(std::uint32_t failures) const {
  constexpr std::uint32_t kMostDoublings = 20;
  const Duration delay = config_.retry_first * (1U << std::min(failures, kMostDoublings));
  return std::min(delay, config_.retry_most);
}

}  // namespace hpaplus::kube
