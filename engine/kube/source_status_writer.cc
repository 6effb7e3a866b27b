#include "engine/kube/source_status_writer.h"

#include <algorithm>
#include <memory>

#include "engine/base/log.h"
#include "engine/base/url.h"

namespace hpaplus::kube {
namespace {

constexpr auto kTryValuesAgain = std::chrono::seconds(30);

std::string StatusPath(const SourceObject& object) {
  const std::string root = "/apis/autoscaling.hpaplus.io/v1alpha1/";
  const std::string of = object.ns.empty()
                             ? "clustermetricsources/"
                             : "namespaces/" + PercentEncode(object.ns) + "/metricsources/";
  return root + of + PercentEncode(object.object) + "/status?fieldManager=hpaplus";
}

bool MayPass(const Result<std::string>& result) {
  if (result) return false;
  const ErrorCode code = result.error().code;
  return code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded ||
         code == ErrorCode::kPermissionDenied;
}

}  // namespace

SourceStatusWriter::SourceStatusWriter(Config config, Send send, HealthOf health_of, Clock& clock)
    : config_(std::move(config)),
      send_(std::move(send)),
      health_of_(std::move(health_of)),
      clock_(clock),
      tokens_(config_.writes_per_second, config_.writes_burst),
      value_tokens_(config_.values_per_second, config_.values_burst) {}

void SourceStatusWriter::SetObject(SourceObject object) {
  if (object.ns.empty() && !config_.cluster_sources) return;
  const Timestamp now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    Slot& slot = slots_[object.name];
    if (slot.serial == 0 || slot.object.uid != object.uid) {
      Unplan(slot);
      slot = Slot();
      slot.serial = ++serials_;
      slot.written = object.stored;
      slot.values_due = now + config_.values_spacing;
    } else if (slot.object.generation == object.generation &&
               slot.object.problem == object.problem && slot.object.in_force == object.in_force) {
      return;
    }
    const bool is_final = !object.problem.empty();
    slot.object = std::move(object);
    Plan(slot, is_final ? now : now + config_.settle_for);
  }
  Wake();
}

void SourceStatusWriter::SetNotUsable(const SourceName& name, std::string problem) {
  const Timestamp now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    const auto at = slots_.find(name);
    if (at == slots_.end() || at->second.not_usable == problem) return;
    at->second.not_usable = std::move(problem);
    Plan(at->second, now);
  }
  Wake();
}

void SourceStatusWriter::Forget(const SourceName& name) {
  const MutexLock lock(mutex_);
  const auto at = slots_.find(name);
  if (at == slots_.end()) return;
  Unplan(at->second);
  slots_.erase(at);
}

void SourceStatusWriter::Touch(const SourceName& name) {
  const Timestamp now = clock_.Now();
  {
    const MutexLock lock(mutex_);
    const auto at = slots_.find(name);
    if (at == slots_.end()) return;
    Plan(at->second, now);
  }
  Wake();
}

Timestamp SourceStatusWriter::RunChores(Timestamp now) {
  while (const std::optional<SourceName> name = TakeName(now)) {
    if (std::optional<Due> due = Judge(*name, health_of_(*name), now)) Write(*std::move(due));
  }
  const MutexLock lock(mutex_);
  if (queue_.empty()) return Timestamp::max();
  return std::max(queue_.begin()->first, tokens_.Next(now));
}

std::uint64_t SourceStatusWriter::writes() const {
  const MutexLock lock(mutex_);
  return writes_;
}

// A write under way looks at its source again when its answer is there.
void SourceStatusWriter::Plan(Slot& slot, Timestamp at) {
  if (slot.in_flight) return;
  at = std::max(at, slot.not_before);
  if (slot.queued_at && *slot.queued_at <= at) return;
  Unplan(slot);
  slot.queued_at = at;
  queue_.emplace(at, slot.object.name);
}

void SourceStatusWriter::Unplan(Slot& slot) {
  if (!slot.queued_at) return;
  queue_.erase({*slot.queued_at, slot.object.name});
  slot.queued_at.reset();
}

std::optional<SourceName> SourceStatusWriter::TakeName(Timestamp now) {
  const MutexLock lock(mutex_);
  const bool is_due = !queue_.empty() && queue_.begin()->first <= now;
  if (!is_due || tokens_.Next(now) > now) return std::nullopt;
  SourceName name = queue_.begin()->second;
  Unplan(slots_.find(name)->second);
  return name;
}

std::optional<SourceStatusWriter::Due> SourceStatusWriter::Judge(const SourceName& name,
                                                                 const SourceHealth& health,
                                                                 Timestamp now) {
  const MutexLock lock(mutex_);
  const auto at = slots_.find(name);
  if (at == slots_.end()) return std::nullopt;
  Slot& slot = at->second;
  const SourceStatus newest =
      MakeSourceStatus(slot.object, slot.not_usable, health, slot.written, now);
  if (newest == slot.written) {
    Plan(slot, now + config_.values_spacing);
    return std::nullopt;
  }
  if (SameMeaning(newest, slot.written)) {
    const bool is_due = now >= slot.values_due;
    if (!is_due || !value_tokens_.Take(now)) {
      Plan(slot, is_due ? now + kTryValuesAgain : slot.values_due);
      return std::nullopt;
    }
  }
  if (!tokens_.Take(now)) {
    Plan(slot, tokens_.Next(now));
    return std::nullopt;
  }
  slot.in_flight = true;
  ++writes_;
  return Due{name, slot.serial, StatusPath(slot.object), slot.object.uid, newest};
}

void SourceStatusWriter::Write(Due due) {
  KubeRequest request;
  request.method = "PATCH";
  request.path = due.path;
  request.body = SourceStatusPatch(due.status, due.uid);
  request.content_type = "application/merge-patch+json";
  request.verb = "patch";
  request.resource = due.path.find("/clustermetricsources/") == std::string::npos
                         ? "metricsources/status"
                         : "clustermetricsources/status";
  request.priority = Priority::kStatus;
  send_(std::move(request), [this, sent = std::make_shared<const Due>(std::move(due))](
                                const Result<std::string>& result) { OnWritten(*sent, result); });
}

void SourceStatusWriter::OnWritten(const Due& due, const Result<std::string>& result) {
  constexpr std::uint32_t kMostDoublings = 20;
  const Timestamp now = clock_.Now();
  bool is_first_failure = false;
  {
    const MutexLock lock(mutex_);
    const auto at = slots_.find(due.name);
    if (at == slots_.end() || at->second.serial != due.serial) return;
    Slot& slot = at->second;
    slot.in_flight = false;
    if (MayPass(result)) {
      is_first_failure = slot.failures == 0;
      const Duration delay =
          config_.retry_first * (1U << std::min(slot.failures++, kMostDoublings));
      slot.not_before = now + std::min(delay, config_.retry_most);
    } else {
      // One that was refused as it is would be refused again.
      is_first_failure = !result;
      slot.written = due.status;
      slot.failures = 0;
      slot.not_before = now + config_.change_spacing;
      slot.values_due = now + config_.values_spacing;
    }
    Plan(slot, now);
  }
  if (is_first_failure && result.error().code != ErrorCode::kNotFound) {
    HPAPLUS_LOG(kWarning, "source status not written",
                {{"source", due.name}, {"error", result.error().message}});
  }
  Wake();
}

void SourceStatusWriter::Wake() const {
  if (config_.wake) config_.wake();
}

}  // namespace hpaplus::kube
