#include "engine/kube/event_rules.h"

#include <algorithm>

#include "engine/kube/decision_text.h"
#include "engine/kube/metric_text.h"

namespace hpaplus::kube {
namespace {

constexpr std::size_t kMostMetrics = 64;  // As many as the memory has bits for.

EventSubject ObjectOf(const WorkloadSpec& spec) {
  return {"autoscaling.hpaplus.io/v1alpha1", "HPAPlus", spec.ns, spec.name, spec.uid};
}

EventSubject TargetOf(const WorkloadSpec& spec, const std::string& uid) {
  return {spec.target.api_version, spec.target.kind, spec.ns, spec.target.name, uid};
}

class Notes {
 public:
  explicit Notes(const WorkloadSpec& spec) : object_(ObjectOf(spec)) {}

  void Add(std::string reason, bool is_warning, std::string note) {
    notes_.push_back(
        {object_, std::nullopt, is_warning, std::move(reason), "Evaluate", std::move(note)});
  }

  // Says `reason` when `holds` becomes true.
  void OnRise(bool holds, bool& held, const char* reason, bool is_warning,
              const std::string& note) {
    if (holds && !held) Add(reason, is_warning, note);
    held = holds;
  }

  [[nodiscard]] std::vector<EventNote> Take() { return std::move(notes_); }

 private:
  EventSubject object_;
  std::vector<EventNote> notes_;
};

void NoteMetrics(const Decision& decision, const WorkloadSpec& spec, EventMemory& memory,
                 Notes& notes) {
  if (memory.generation != spec.generation) {
    memory.generation = spec.generation;
    memory.unavailable = 0;
  }
  const std::size_t count = std::min({decision.metrics.size(), spec.metrics.size(), kMostMetrics});
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bit = std::uint64_t{1} << i;
    const bool was_unavailable = (memory.unavailable & bit) != 0;
    const MetricOutcome& outcome = decision.metrics[i];
    const bool is_unavailable = IsUnknown(outcome);
    if (is_unavailable == was_unavailable) continue;
    memory.unavailable ^= bit;
    if (is_unavailable) {
      notes.Add("MetricUnavailable", true, MetricText(decision.metrics[i], spec.metrics[i]));
    } else {
      notes.Add("MetricRecovered", false, MetricText(decision.metrics[i], spec.metrics[i]));
    }
  }
}

// Fallback and flapping begin and end; an evaluation that says nothing of them changes nothing.
// Overload lasts as long as it is said.
void NoteConditions(const Decision& decision, const WorkloadView& view, EventMemory& memory,
                    Notes& notes) {
  bool overloaded = false;
  for (const Condition& condition : decision.conditions) {
    const bool holds = condition.status == ConditionStatus::kTrue;
    if (condition.type == ConditionType::kFallbackActive) {
      const std::string text = ConditionText(condition, decision, view);
      if (!holds && memory.fallback) notes.Add("FallbackEnded", false, text);
      notes.OnRise(holds, memory.fallback, "FallbackActivated", true, text);
    } else if (condition.type == ConditionType::kFlapping) {
      notes.OnRise(holds, memory.flapping, "FlappingDetected", true,
                   ConditionText(condition, decision, view));
    } else if (condition.type == ConditionType::kOverloaded) {
      overloaded = true;
      notes.OnRise(true, memory.overloaded, "Overloaded", true,
                   ConditionText(condition, decision, view));
    }
  }
  memory.overloaded = overloaded;
}

// Quota that grows in time is no news, so it takes two evaluations that lack it. What is not
// written lacks nothing.
void NoteQuota(const Decision& decision, const WorkloadView& view, EventMemory& memory,
               Notes& notes) {
  constexpr int kLasting = 2;
  if (!decision.known) return;
  const bool writes = Writes(view.spec->mode) && !IsFrozen(view, decision.at);
  const bool lacks = decision.shortage && writes;
  memory.quota_short = lacks ? std::min(memory.quota_short + 1, kLasting + 1) : 0;
  if (memory.quota_short == kLasting) {
    notes.Add("QuotaBlocked", true, QuotaText(*decision.shortage));
  }
}

bool IsAtMaximum(const Decision& decision) {
  return std::ranges::any_of(decision.conditions, [](const Condition& condition) {
    return condition.type == ConditionType::kScalingLimited &&
           condition.status == ConditionStatus::kTrue &&
           condition.reason == Reason::kTooManyReplicas;
  });
}

}  // namespace

std::vector<EventNote> EventsOf(const Decision& decision, const WorkloadView& view,
                                const WorkloadNow& now, EventMemory& memory) {
  const WorkloadSpec& spec = *view.spec;
  Notes notes(spec);
  notes.OnRise(!now.problem.empty(), memory.invalid, "SpecInvalid", true, now.problem);
  if (!now.problem.empty()) return notes.Take();
  notes.OnRise(view.scale.status == ScaleStatus::kNotFound, memory.not_found, "TargetNotFound",
               true, view.scale.problem);
  notes.OnRise(!view.conflict.empty(), memory.ambiguous, "AmbiguousTarget", true,
               "the target is also scaled by " + view.conflict);
  NoteMetrics(decision, spec, memory, notes);
  // An evaluation that was held says nothing about limits.
  if (decision.known && !decision.metrics.empty()) {
    notes.OnRise(IsAtMaximum(decision), memory.at_limit, "LimitReached", true,
                 DecisionText(decision, view));
  }
  NoteConditions(decision, view, memory, notes);
  NoteQuota(decision, view, memory, notes);
  const bool frozen = IsFrozen(view, decision.at);
  if (!frozen && memory.frozen) notes.Add("Unfrozen", false, "sizes are written again");
  notes.OnRise(frozen, memory.frozen, "Frozen", true, FreezeText(view));
  const std::pair change{decision.current, decision.desired};
  if (spec.mode == Mode::kDryRun && decision.known) {
    if (decision.changes_scale() && change != memory.recommended) {
      notes.Add("Recommended", false, DecisionText(decision, view));
    }
    memory.recommended = decision.changes_scale() ? change : std::pair<Replicas, Replicas>{};
  }
  if (decision.acts) memory.scale_text = DecisionText(decision, view);
  return notes.Take();
}

std::vector<EventNote> EventsOf(const ScaleOutcome& outcome, const std::optional<WorkloadNow>& now,
                                EventMemory& memory) {
  const WorkloadSpec& spec = *outcome.command.view->spec;
  const Replicas from = outcome.command.view->scale.spec_replicas;
  const Replicas to = outcome.command.replicas;
  EventNote event;
  event.subject = ObjectOf(spec);
  event.action = "Scale";
  if (!outcome.result) {
    const Error& error = outcome.result.error();
    if (error.code == ErrorCode::kConflict || error.code == ErrorCode::kGone) return {};
    event.reason = "ScaleFailed";
    event.is_warning = true;
    event.note = std::to_string(from) + " -> " + std::to_string(to) + ": " + error.message;
    return {std::move(event)};
  }
  event.reason = to > from ? "ScaledUp" : "ScaledDown";
  event.note = memory.scale_text.empty() ? std::to_string(from) + " -> " + std::to_string(to)
                                         : memory.scale_text;
  if (!now || !now->place) return {std::move(event)};
  event.related = TargetOf(spec, now->place->uid);
  EventNote on_target = event;
  std::swap(on_target.subject, *on_target.related);
  return {std::move(event), std::move(on_target)};
}

}  // namespace hpaplus::kube
