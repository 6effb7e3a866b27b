#include "engine/loop/source_suspicion.h"

#include <algorithm>
#include <string>

#include "engine/base/log.h"
#include "engine/loop/hold_decision.h"

namespace hpaplus {
namespace {

constexpr double kSomethingToLose = 1;  // Replicas.

// What the metric asked for before it was smoothed; null while it is unknown.
std::optional<double> FreshDemand(const Decision& decision, std::size_t metric) {
  const MetricOutcome& outcome = decision.metrics[metric];
  if (IsUnknown(outcome) || !outcome.proposal) return std::nullopt;
  for (const DecisionStep& step : decision.steps) {
    if (step.stage == Stage::kSmooth && step.index == metric) return step.evidence;
  }
  return outcome.demand;
}

}  // namespace

std::size_t SourceSuspicion::IndexOf(const SourceName& name) {
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  by_name_.emplace(name, sources_.size());
  sources_.emplace_back().name = name;
  return sources_.size() - 1;
}

SourceSuspicion::Level& SourceSuspicion::LevelOf(WorkloadId workload, std::size_t metric,
                                                 std::size_t source) {
  if (levels_.size() <= workload.index) levels_.resize(workload.index + 1U);
  std::vector<Level>& levels = levels_[workload.index];
  if (levels.size() <= metric) levels.resize(metric + 1);
  Level& level = levels[metric];
  if (level.source && *level.source != source) Leave(level);
  return level;
}

void SourceSuspicion::Leave(Level& level) {
  if (!level.source) return;
  Source& source = sources_[*level.source];
  SetCounts(level, false);
  if (level.dropped_at && level.epoch == source.epoch) --source.dropped;
  level = Level();
}

void SourceSuspicion::Forget(WorkloadId workload) {
  if (workload.index >= levels_.size()) return;
  for (Level& level : levels_[workload.index])
    Leave(level);
  levels_[workload.index].clear();
}

void SourceSuspicion::SetCounts(Level& level, bool counts) {
  if (level.counts == counts) return;
  level.counts = counts;
  std::size_t& metrics = sources_[*level.source].metrics;
  metrics = counts ? metrics + 1 : metrics - 1;
}

void SourceSuspicion::Hear(Source& source, bool known, Timestamp now) {
  if (!known) {
    if (!source.silent_since) source.silent_since = now;
    return;
  }
  const Duration least = std::max(config_.outage_least, 2 * source.longest_period);
  if (source.silent_since && now - *source.silent_since >= least) {
    source.grace_until = now + config_.recovery_grace;
    HPAPLUS_LOG(kInfo, "source answers again, nothing shrinks for a while",
                {{"source", source.name}});
  }
  source.silent_since.reset();
}

void SourceSuspicion::Believe(Level& level, double demand, Timestamp now) {
  level.dropped_at.reset();
  level.newest = demand;
  level.before = demand;
  level.begun = now;
}

void SourceSuspicion::Observe(Level& level, double demand, Timestamp now) {
  Source& source = sources_[*level.source];
  if (level.dropped_at) {
    const bool open = level.epoch == source.epoch;
    const bool is_back = demand > (1 - config_.drop) * level.lost;
    const bool alone = !source.suspect_since && now >= source.grace_until &&
                       now - *level.dropped_at >= Patience(source);
    if (open && !is_back && !alone) return;
    if (open) --source.dropped;
    Believe(level, demand, now);
  } else if (const double had = std::max(level.newest, level.before);
             had >= kSomethingToLose && demand <= (1 - config_.drop) * had) {
    level.dropped_at = now;
    level.lost = had;
    level.epoch = source.epoch;
    ++source.dropped;
  } else if (now - level.begun >= config_.window) {
    level.before = level.newest;
    level.newest = demand;
    level.begun = now;
  } else {
    level.newest = std::max(level.newest, demand);
  }
  SetCounts(level, level.dropped_at || std::max(level.newest, level.before) >= kSomethingToLose);
}

void SourceSuspicion::Judge(Source& source, Timestamp now) {
  const double dropped = static_cast<double>(source.dropped);
  const double share = config_.share * static_cast<double>(source.metrics);
  if (!source.suspect_since) {
    if (source.metrics < config_.objects_least || source.dropped == 0 || dropped < share) return;
    source.suspect_since = now;
    ++suspects_;
    HPAPLUS_LOG(kWarning, "source lost most of its numbers at once, nothing shrinks by it",
                {{"source", source.name},
                 {"dropped", std::to_string(source.dropped)},
                 {"of", std::to_string(source.metrics)}});
    return;
  }
  const bool believed = now - *source.suspect_since >= config_.hold_most;
  if (!believed && dropped >= share / 2 && source.dropped > 0) return;
  source.suspect_since.reset();
  --suspects_;
  if (believed) {
    ++source.epoch;
    source.dropped = 0;
  } else {
    source.grace_until = now + config_.recovery_grace;
  }
  HPAPLUS_LOG(kWarning, "source is believed again",
              {{"source", source.name}, {"because", believed ? "it lasted" : "numbers are back"}});
}

Duration SourceSuspicion::Patience(const Source& source) const {
  if (source.metrics < config_.objects_least) return Duration::zero();
  return std::min(config_.window, 2 * source.longest_period);
}

Reason SourceSuspicion::Objection(const Level& level, Timestamp now) const {
  const Source& source = sources_[*level.source];
  if (source.suspect_since) return Reason::kSourceSuspect;
  if (now < source.grace_until) return Reason::kSourceRecovering;
  const bool open = level.dropped_at && level.epoch == source.epoch;
  if (open && now - *level.dropped_at < Patience(source)) return Reason::kSourceSuspect;
  return Reason::kNone;
}

void SourceSuspicion::Admit(const WorkloadSpec& spec, std::span<const SourceName* const> sources,
                            Decision& decision) {
  if (!config_.enabled) return;
  Reason objection = Reason::kNone;
  // Without metrics the size had to change, whatever they say.
  for (std::size_t i = 0; i < decision.metrics.size() && i < sources.size(); ++i) {
    const MetricRole role = spec.metrics[i].role;
    if (role == MetricRole::kObserve || role == MetricRole::kInput) continue;
    if (sources[i] == nullptr) continue;
    const std::size_t index = IndexOf(*sources[i]);
    const std::optional<double> demand = FreshDemand(decision, i);
    Source& source = sources_[index];
    source.longest_period = std::max(source.longest_period, spec.period);
    Hear(source, demand.has_value(), decision.at);
    Level& level = LevelOf(decision.workload, i, index);
    if (!level.source && !demand) continue;
    if (!level.source) {
      level.source = index;
      Believe(level, *demand, decision.at);
      SetCounts(level, *demand >= kSomethingToLose);
    } else if (demand) {
      Observe(level, *demand, decision.at);
    }
    Judge(source, decision.at);
    if (objection == Reason::kNone) objection = Objection(level, decision.at);
  }
  if (objection != Reason::kNone && decision.acts && decision.desired < decision.current) {
    EndWith(decision.current, objection, 0, decision);
  }
}

}  // namespace hpaplus
