#include "engine/sim/invariants.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <optional>

#include "engine/base/hash.h"

namespace hpaplus::sim {
namespace {

bool InBounds(Replicas replicas, const WorkloadSpec& spec) {
  const Replicas least = spec.idle ? spec.idle->replicas : spec.min_replicas;
  return replicas >= least && replicas <= spec.max_replicas;
}

std::string Move(Replicas from, Replicas to) {
  return std::to_string(from) + " -> " + std::to_string(to);
}

// The one policy of these rules, if there is exactly one and it counts pods.
std::optional<ScalingPolicy> PodsPolicy(const ScalingRules& rules) {
  if (rules.policies.size() != 1 || rules.policies[0].type != ScalingPolicyType::kPods) return {};
  return rules.policies[0];
}

}  // namespace

void Invariants::RecordDecision(const Decision& decision, const WorkloadView& view) {
  const WorkloadSpec& spec = *view.spec;
  Memory& memory = memories_[decision.workload];
  if (memory.uid != spec.uid) {
    memory = Memory();
    memory.uid = spec.uid;
  }
  CheckServed(memory, decision, spec);
  CheckMove(decision, spec);
  CheckWindow(memory, decision, spec);

  ++decisions_;
  for (const DecisionStep& step : decision.steps)
    ++seen_["reason " + std::string(ReasonName(step.reason))];
  Mix(decision.workload.index);
  Mix(static_cast<std::uint64_t>(decision.at.time_since_epoch().count()));
  Mix(static_cast<std::uint64_t>(decision.desired));
  for (const DecisionStep& step : decision.steps) {
    Mix(Fnv1a(ReasonName(step.reason)));  // Its number changes when there are new ones.
    Mix(static_cast<std::uint64_t>(step.after));
    Mix(std::bit_cast<std::uint64_t>(step.evidence));
  }
}

void Invariants::CheckServed(Memory& memory, const Decision& decision, const WorkloadSpec& spec) {
  // After the early evaluation of a changed spec the grid begins within one and a half periods, and
  // that round may last a whole one; answers take time.
  constexpr Duration kAnswers = std::chrono::milliseconds(100);
  const Duration gap = decision.at - memory.last;
  const Duration most = std::max(memory.period, spec.period) * 5 / 2 + kAnswers;
  const bool stood_still = world_.paused_until() >= memory.last;
  if (memory.last != Timestamp{} && !stood_still && gap > most) {
    Break("S10", decision.workload, decision.at, "not served for " + FormatDuration(gap));
  }
  memory.last = decision.at;
  memory.period = spec.period;
}

void Invariants::CheckMove(const Decision& decision, const WorkloadSpec& spec) {
  const std::string move = Move(decision.current, decision.desired);
  const auto broken = [&](const std::string& rule, const std::string& what) {
    Break(rule, decision.workload, decision.at, move + " " + what);
  };
  if (decision.acts) {
    if (!InBounds(decision.desired, spec)) broken("S1", "is out of bounds");
    if (!MayWrite(spec.mode, decision.current, decision.desired)) {
      broken("S8", "acts though the mode forbids it");
    }
  }
  if (!decision.changes_scale()) return;
  if (decision.steps.empty()) broken("S14", "has no step that explains it");
  if (!InBounds(decision.current, spec)) return;  // Back into the bounds, whatever the load.
  const Evidence evidence = world_.evidence(decision.workload);
  const Duration age = decision.at - evidence.measured;
  const std::string rule = decision.desired < decision.current ? "S2" : "S3";
  if (!evidence.sound) broken(rule, "without sound evidence ");
  if (age > spec.metrics.front().stale_after) broken(rule, "on evidence " + FormatDuration(age));
  if (!decision.known) broken(rule, "though nothing is known");
}

void Invariants::CheckWindow(Memory& memory, const Decision& decision, const WorkloadSpec& spec) {
  if (!decision.known || decision.metrics.empty()) return;
  constexpr Duration kLongest = std::chrono::hours(1);
  memory.recommended.push_back({decision.at, decision.recommended});
  while (memory.recommended.front().at + kLongest < decision.at)
    memory.recommended.pop_front();

  if (decision.desired >= decision.current || !InBounds(decision.current, spec)) return;
  const Duration window = std::chrono::seconds(
      spec.behavior ? spec.behavior->scale_down.stabilization_window_seconds.value_or(300) : 300);
  for (auto past = memory.recommended.rbegin(); past != memory.recommended.rend(); ++past) {
    if (past->at <= decision.at - window) break;
    const Replicas floor = std::min({past->replicas, spec.max_replicas, decision.current});
    if (decision.desired < floor) {
      Break("S5", decision.workload, decision.at,
            Move(decision.current, decision.desired) + " inside the window of a recommendation");
      return;
    }
  }
}

void Invariants::RecordOutcome(const ScaleOutcome& outcome, Timestamp at) {
  const ScaleCommand& command = outcome.command;
  Mix(command.workload.index);
  Mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
  Mix(static_cast<std::uint64_t>(command.replicas));
  if (outcome.result) {
    const bool after_all = failed_.contains({command.workload, command.decided_at});
    successes_.push_back({command, at, after_all});
    ++seen_[after_all ? "outcome Done after all" : "outcome Done"];
    return;
  }
  const ErrorCode code = outcome.result.error().code;
  Mix(static_cast<std::uint64_t>(code));
  ++seen_["outcome " + std::string(ErrorCodeName(code))];
  failed_.emplace(command.workload, command.decided_at);
}

void Invariants::RecordGone(WorkloadId workload) {
  Mix(workload.index);
  memories_.erase(workload);
  ++seen_["gone"];
}

void Invariants::RecordTick(const TickReport& report) {
  if (report.periods_skipped > 0) ++seen_["skipped"];
  if (report.stretch > 1) ++seen_["stretched"];
}

void Invariants::CheckAtEnd() {
  CheckRates();
  CheckWritten();
  for (const std::string& violation : world_.violations())
    broken_.push_back("S8: " + violation);
}

void Invariants::CheckRates() {
  const std::vector<Written>& written = world_.written();
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Written& last = written[i];
    if (!last.decided_on) continue;
    const WorkloadSpec& spec = *last.decided_on->spec;
    if (!spec.behavior || !InBounds(last.from, spec)) continue;
    const bool up = last.to > last.from;
    const auto policy = PodsPolicy(up ? spec.behavior->scale_up : spec.behavior->scale_down);
    if (!policy) continue;
    const Duration period = std::chrono::seconds(policy->period_seconds);
    Replicas moved = 0;                    // In this direction, by the time it really happened.
    Timestamp by_hand = Timestamp::max();  // The earliest of those seen so far.
    for (std::size_t j = i + 1; j-- > 0;) {
      const Written& past = written[j];
      if (past.at <= last.at - period) break;
      if (past.workload != last.workload) continue;
      if (!past.decided_on) by_hand = past.at;
      const bool knowable = by_hand - past.at > kUnheard;
      const bool counts = past.decided_on && knowable && (past.to > past.from) == up &&
                          past.decided_on->spec->uid == spec.uid;
      if (counts) moved += std::abs(past.to - past.from);
    }
    moved -= MovedBack(last, period);
    if (moved > policy->value) {
      Break("S5", last.workload, last.at,
            Move(last.from, last.to) + " makes " + std::to_string(moved) + " pods in one period");
    }
  }
}

// What went the other way gives room, from the time on at which the engine knew of it.
Replicas Invariants::MovedBack(const Written& last, Duration period) const {
  Replicas moved = 0;
  for (const Success& success : successes_) {
    const ScaleCommand& command = success.command;
    const Replicas change = command.replicas - command.view->scale.spec_replicas;
    const bool counts = command.workload == last.workload && success.at <= last.at &&
                        success.at > last.at - period - kQueued &&
                        command.view->spec->uid == last.decided_on->spec->uid;
    if (counts && (change > 0) != (last.to > last.from)) moved += std::abs(change);
  }
  return moved;
}

// Every success in the journal is a size that was written; what was written without the journal's
// knowing can only be a write whose answer got lost.
void Invariants::CheckWritten() {
  std::size_t unknown = 0;
  std::vector<Success> unmatched = successes_;
  for (const Written& written : world_.written()) {
    if (!written.decided_on) continue;
    const auto found = std::ranges::find_if(unmatched, [&](const Success& success) {
      return success.command.workload == written.workload &&
             success.command.view == written.decided_on && success.command.replicas == written.to;
    });
    if (found == unmatched.end()) {
      ++unknown;
    } else {
      unmatched.erase(found);
    }
  }
  for (const Success& success : unmatched) {
    // A lost write counts as arrived when its size shows up, even if somebody else wrote it.
    if (success.after_all) continue;
    Break("S14", success.command.workload, success.at, "journalled as written, and it was not");
  }
  if (unknown > seen_["outcome Unavailable"]) {
    broken_.push_back("S14: " + std::to_string(unknown) + " writes are not in the journal");
  }
}

void Invariants::Break(const std::string& rule, WorkloadId workload, Timestamp at,
                       const std::string& what) {
  if (broken_.size() == kMostBroken) return;
  broken_.push_back(rule + ": workload " + std::to_string(workload.index) + " at " +
                    FormatRfc3339(at, true) + ": " + what);
}

void Invariants::Mix(std::uint64_t value) {
  constexpr std::uint64_t kPrime = 0x100000001B3U;
  digest_ = (digest_ ^ value) * kPrime;
  digest_ ^= digest_ >> 32U;
}

}  // namespace hpaplus::sim
