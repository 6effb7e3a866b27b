#include "engine/loop/backfill.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/log.h"
#include "engine/core/past_windows.h"
#include "engine/eval/read_plan.h"

namespace hpaplus {
namespace {

using Slot = PastReads::Slot;

// A slot for every metric that some window takes; the longest of these windows.
Slot& SlotOf(std::size_t metric, PastReads& past) {
  const auto found = std::ranges::find(past.slots, metric, &Slot::metric);
  if (found != past.slots.end()) return *found;
  Slot& slot = past.slots.emplace_back();
  slot.metric = metric;
  return slot;
}

bool IsDone(const Slot& slot) {
  return slot.state == Slot::State::kDone;
}

}  // namespace

void Backfill::Plan(WorkloadState& state, Timestamp now) {
  if (!past_of_) return;
  const WorkloadSpec& spec = *state.view->spec;
  const std::vector<PastWindow> windows = WindowsToFill(spec);
  if (windows.empty()) return;
  auto past = std::make_unique<PastReads>();
  past->since = now;
  for (const PastWindow& window : windows) {
    const Duration length = spec.metrics[window.metric].smoothing->window;
    past->longest = std::max(past->longest, length);
    for (const std::size_t input : window.inputs) {
      Slot& slot = SlotOf(input, *past);
      slot.length = std::max(slot.length, length);
    }
  }
  state.past = std::move(past);
}

bool Backfill::MayRead(PastKept kept, Timestamp now) {
  if (kept == PastKept::kTogether) return true;
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    begun_ = 0;
  }
  if (begun_ >= kReadsPerSecond) return false;
  ++begun_;
  return true;
}

std::size_t Backfill::Ask(WorkloadId id, WorkloadState& state, Timestamp now, Timestamp until) {
  if (state.past == nullptr) return 0;
  PastReads& past = *state.past;
  const bool too_late = now - past.since > past.longest;
  std::size_t awaited = 0;
  std::optional<std::vector<Result<PlannedRead>>> planned;
  for (Slot& slot : past.slots) {
    if (slot.state != Slot::State::kPlanned) continue;
    // Nobody who tells what pods use keeps a past, so it does not matter who does.
    if (!planned) planned = PlanReads(*state.view, PodMetricsFrom::kMetricsServer);
    const Result<PlannedRead>& present = (*planned)[slot.metric];
    const PastKept kept = present ? past_of_(present->source) : PastKept::kNone;
    if (kept == PastKept::kNone || too_late) {
      slot.state = Slot::State::kDone;
      continue;
    }
    if (kept == PastKept::kUnknown || !MayRead(kept, now)) continue;
    PlannedRead read = *present;
    read.query.past = slot.length;
    slot.read = reads_.Acquire(read, id);
    slot.state = Slot::State::kAsked;
    // Nobody shares the past for longer than it takes to read it.
    if (reads_.Ask(*slot.read, id, false, now, until)) {
      (void)Take(id, state, *slot.read, now);
      if (state.past == nullptr) return awaited;
    } else {
      slot.awaited = true;
      ++awaited;
    }
  }
  if (std::ranges::all_of(past.slots, IsDone)) Fill(state, now);
  return awaited;
}

bool Backfill::Take(WorkloadId id, WorkloadState& state, ReadId read, Timestamp now) {
  if (state.past == nullptr) return false;
  PastReads& past = *state.past;
  const auto slot = std::ranges::find_if(past.slots, [read](const Slot& one) {
    return one.state == Slot::State::kAsked && one.read == read;
  });
  if (slot == past.slots.end()) return false;
  slot->state = Slot::State::kDone;
  const bool awaited = std::exchange(slot->awaited, false);
  const ReadingResult* const answer = reads_.Newest(read);
  if (answer != nullptr && *answer) {
    slot->answer = **answer;
  } else if (answer != nullptr) {
    Complain(state, reads_.SourceOf(read), answer->error(), now);
  }
  reads_.Release(read, id);
  slot->read.reset();
  if (std::ranges::all_of(past.slots, IsDone)) Fill(state, now);
  return awaited;
}

void Backfill::Fill(WorkloadState& state, Timestamp now) {
  const std::unique_ptr<PastReads> past = std::move(state.past);
  const WorkloadSpec& spec = *state.view->spec;
  std::vector<PastReading> readings(spec.metrics.size());
  for (Slot& slot : past->slots)
    readings[slot.metric] = std::move(slot.answer);
  for (const PastWindow& window : WindowsToFill(spec)) {
    const std::size_t moments =
        FillWindow({config_, *state.view, state.policies, readings}, window, state.history);
    if (moments == 0) continue;
    state.history_changed = true;
    HPAPLUS_LOG(kDebug, "window filled from the past",
                {{"workload", WorkloadName(spec)},
                 {"metric", spec.metrics[window.metric].name},
                 {"samples", std::to_string(moments)},
                 {"at", FormatRfc3339(now)}});
  }
}

// Once a minute for a source is enough: at a start all objects of it have the same trouble.
void Backfill::Complain(const WorkloadState& state, const SourceName& source, const Error& error,
                        Timestamp now) {
  Timestamp& last = complained_[source];
  if (last != Timestamp() && now - last < std::chrono::minutes(1)) return;
  last = now;
  HPAPLUS_LOG(kWarning, "past not read, windows start empty",
              {{"source", source},
               {"workload", WorkloadName(*state.view->spec)},
               {"problem", error.message}});
}

}  // namespace hpaplus
