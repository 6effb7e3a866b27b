#include "engine/sim/sim_world.h"

#include <algorithm>
#include <utility>

namespace hpaplus::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The random streams: one per part of the world, so that more draws in one do not shift another.
constexpr std::uint64_t kReads = 1;
constexpr std::uint64_t kWrites = 2;
constexpr std::uint64_t kCluster = 3;
constexpr std::uint64_t kTrouble = 4;

constexpr Duration kLostAfter = seconds(2);  // When a writer gives up waiting for an answer.

Random Stream(std::uint64_t seed, std::uint64_t stream) {
  return Random(seed).Fork(stream);
}

Duration Between(Random& random, Duration least, Duration most) {
  return least + Duration(static_cast<Duration::rep>(random.Uniform() *
                                                     static_cast<double>((most - least).count())));
}

}  // namespace

SimWorld::SimWorld(Options options)
    : options_(std::move(options)),
      now_(options_.start),
      end_(options_.start + options_.length),
      paused_until_(options_.start),
      reads_random_(Stream(options_.seed, kReads)),
      writes_random_(Stream(options_.seed, kWrites)),
      cluster_random_(Stream(options_.seed, kCluster)),
      trouble_random_(Stream(options_.seed, kTrouble)) {
  for (const TargetOptions& target : options_.targets) {
    const WorkloadId id{static_cast<std::uint32_t>(targets_.size())};
    by_name_.emplace(target.spec.name, id);
    targets_.emplace_back(target);
    Target& added = targets_.back();
    for (const std::uint64_t pod : added.plant.Resize(target.replicas, now_))
      (void)added.plant.SetReady(pod, now_);
    Create(id);
  }
  ScheduleTrouble();
}

bool SimWorld::WaitUntil(Timestamp deadline, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  const bool over = now_ >= end_;  // Then whoever still waits has a reason to.
  const Timestamp until = std::max(over ? deadline : std::min(deadline, end_), paused_until_);
  while (!news_ || now_ < paused_until_) {
    if (events_.next() > until) {
      now_ = std::max(now_, until);
      break;
    }
    now_ = std::max(now_, events_.next());
    events_.TakeFirst()();
  }
  news_ = false;
  return over || now_ < end_;
}

std::vector<WorkloadUpdate> SimWorld::TakeChanges() {
  std::vector<WorkloadUpdate> changes;
  for (std::uint32_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[i];
    if (!std::exchange(target.dirty, false)) continue;
    target.told = target.ready;
    changes.push_back({WorkloadId{i}, target.told});
  }
  return changes;
}

void SimWorld::Touch(WorkloadId id) {
  const bool lags = cluster_random_.Chance(options_.faults.view_lags);
  const Duration lag = Between(cluster_random_, milliseconds(100), seconds(5));
  ++targets_[id.index].version;
  if (lags) {
    events_.At(now_ + lag, [this, id] { Publish(id); });
  } else {
    Publish(id);
  }
}

void SimWorld::Publish(WorkloadId id) {
  Target& target = targets_[id.index];
  target.dirty = true;
  news_ = true;
  if (!target.spec) {
    target.ready = nullptr;
    return;
  }
  auto view = std::make_shared<WorkloadView>();
  view->spec = target.spec;
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = target.plant.replicas();
  view->scale.status_replicas = static_cast<Replicas>(target.plant.pods().size());
  view->scale.selector = "app=" + target.spec->name;
  view->scale.resource_version = std::to_string(target.version);
  view->scale.rollout = target.plant.Rollout();
  view->pods = target.plant.pods();
  target.ready = std::move(view);
}

void SimWorld::Start(ScaleCommand command) {
  const WorkloadId id = command.workload;
  const bool waits = writes_random_.Chance(options_.faults.write_waits);
  const Duration shortly = Between(writes_random_, milliseconds(1), milliseconds(20));
  const Duration queued = shortly * (waits ? 1500 : 1);
  Target& target = targets_[id.index];
  if (target.command) violations_.emplace_back("a second command while one is under way");
  target.command = std::move(command);
  const std::uint64_t number = ++target.commands;
  events_.At(now_ + queued, [this, id, number] {
    if (targets_[id.index].commands == number) Send(id);
  });
}

void SimWorld::Cancel(WorkloadId workload) {
  std::optional<ScaleCommand> command = std::exchange(targets_[workload.index].command, {});
  if (!command) return;
  Answer(std::move(*command), Error{ErrorCode::kGone, "sim: withdrawn"}, Duration::zero());
}

void SimWorld::Send(WorkloadId id) {
  const Faults& faults = options_.faults;
  const bool conflicts = writes_random_.Chance(faults.write_conflicts);
  const bool refused = writes_random_.Chance(faults.write_refused);
  const bool vanishes = writes_random_.Chance(faults.write_vanishes);
  const bool unheard = writes_random_.Chance(faults.write_unheard);
  const Duration latency = Between(writes_random_, milliseconds(2), milliseconds(60));

  Target& target = targets_[id.index];
  if (!target.command) return;  // Withdrawn.
  ScaleCommand command = *std::exchange(target.command, {});
  const WorkloadSpec* const told = target.told ? target.told->spec.get() : nullptr;
  if (told == nullptr || told->uid != command.view->spec->uid || !Writes(told->mode) ||
      told->generation != command.view->spec->generation) {
    violations_.emplace_back("sent what should have been withdrawn");
  }
  if (conflicts) Touch(id);
  if (vanishes) {
    Answer(std::move(command), Error{ErrorCode::kDeadlineExceeded, "sim: no answer"}, kLostAfter);
  } else if (refused) {
    Answer(std::move(command), Error{ErrorCode::kPermissionDenied, "sim: refused"}, latency);
  } else if (command.view->scale.resource_version != std::to_string(target.version)) {
    Answer(std::move(command), Error{ErrorCode::kConflict, "sim: modified"}, latency);
  } else {
    Resize(id, command.replicas, command.view);
    if (unheard) {
      Answer(std::move(command), Error{ErrorCode::kUnavailable, "sim: unheard"}, kLostAfter);
    } else {
      Answer(std::move(command), Done{}, latency);
    }
  }
}

void SimWorld::Answer(ScaleCommand command, Result<Done> result, Duration after) {
  const WorkloadId id = command.workload;
  ScaleOutcome outcome{std::move(command), std::move(result)};
  events_.At(now_ + after, [this, id, outcome = std::move(outcome)] {
    const bool silent = !outcome.result && outcome.result.error().code != ErrorCode::kConflict;
    if (!silent) Publish(id);
    outcomes_.push_back(outcome);
    news_ = true;
  });
}

std::vector<ScaleOutcome> SimWorld::TakeOutcomes() {
  return std::exchange(outcomes_, {});
}

void SimWorld::Resize(WorkloadId id, Replicas replicas,
                      std::shared_ptr<const WorkloadView> decided_on) {
  Target& target = targets_[id.index];
  written_.push_back({id, now_, target.plant.replicas(), replicas, std::move(decided_on)});
  StartPods(id, target.plant.Resize(replicas, now_));
  Touch(id);
}

void SimWorld::StartPods(WorkloadId id, const std::vector<std::uint64_t>& pods) {
  const Target& target = targets_[id.index];
  for (const std::uint64_t pod : pods) {
    constexpr int kSlow = 10;
    const bool slow = cluster_random_.Chance(options_.faults.pod_slow);
    const Duration takes =
        Between(cluster_random_, target.options.pod_start / 2, target.options.pod_start * 3 / 2);
    events_.At(now_ + takes * (slow ? kSlow : 1), [this, id, pod] {
      if (targets_[id.index].plant.SetReady(pod, now_)) Touch(id);
    });
  }
}

void SimWorld::BeginRollout(WorkloadId id, Replicas batch, Duration every) {
  targets_[id.index].plant.BeginRollout();
  ReplaceBatch(id, batch, every);
}

void SimWorld::ReplaceBatch(WorkloadId id, Replicas batch, Duration every) {
  const auto added = targets_[id.index].plant.ReplaceBatch(batch, now_);
  if (added.empty()) return;
  StartPods(id, added);
  Touch(id);
  events_.At(now_ + every, [this, id, batch, every] { ReplaceBatch(id, batch, every); });
}

void SimWorld::SetDemand(WorkloadId id, std::function<double(Timestamp)> demand) {
  targets_[id.index].plant.SetDemand(std::move(demand));
}

// Once a minute every target draws what happens to it, and the world whether its clock stops.
void SimWorld::ScheduleTrouble() {
  constexpr double kPerHour = 1.0 / 60;
  constexpr Duration kMinute = std::chrono::minutes(1);
  events_.At(now_ + kMinute, [this] {
    for (std::uint32_t i = 0; i < targets_.size(); ++i)
      MakeTrouble(WorkloadId{i});
    const bool pauses = trouble_random_.Chance(options_.faults.clock_pauses * kPerHour);
    const Duration pause = Between(trouble_random_, seconds(1), std::chrono::minutes(5));
    if (pauses) paused_until_ = now_ + pause;
    ScheduleTrouble();
  });
}

void SimWorld::MakeTrouble(WorkloadId id) {
  constexpr double kPerHour = 1.0 / 60;
  Target& target = targets_[id.index];
  const bool by_hand = trouble_random_.Chance(options_.faults.hand_scales * kPerHour);
  const double size = trouble_random_.Uniform();
  const bool edits = trouble_random_.Chance(options_.faults.spec_edits * kPerHour);
  const double what = trouble_random_.Uniform();
  const double how = trouble_random_.Uniform();
  const bool deleted = trouble_random_.Chance(options_.faults.recreations * kPerHour);
  const Duration gone = Between(trouble_random_, milliseconds(1), seconds(10));

  const auto most = static_cast<double>(target.options.spec.max_replicas + 2);
  if (by_hand) ScaleByHand(id, static_cast<Replicas>(size * most));
  if (edits && target.spec) EditSpec(id, what, how);
  if (deleted && target.spec) {
    target.spec = nullptr;
    Touch(id);
    events_.At(now_ + gone, [this, id] { Create(id); });
  }
}

void SimWorld::EditSpec(WorkloadId id, double what, double how) {
  Target& target = targets_[id.index];
  const WorkloadSpec& original = target.options.spec;
  auto spec = std::make_shared<WorkloadSpec>(*target.spec);
  ++spec->generation;
  if (what < 0.3) {
    const auto room = static_cast<double>(original.max_replicas - spec->min_replicas);
    spec->max_replicas = spec->min_replicas + static_cast<Replicas>(how * room);
  } else if (what < 0.5) {
    spec->max_replicas = original.max_replicas;
  } else if (what < 0.6) {
    spec->min_replicas = 1 + static_cast<Replicas>(how * (spec->max_replicas - 1));
  } else if (what < 0.7) {
    spec->min_replicas = original.min_replicas;
  } else if (what < 0.8) {
    spec->period = seconds(1 + static_cast<int>(how * 15));
    spec->timeout = spec->period;
  } else {
    constexpr Duration kWhile = std::chrono::minutes(5);
    spec->mode = how < 0.5 ? Mode::kPaused : Mode::kDryRun;
    events_.At(now_ + kWhile, [this, id] {
      Target& later = targets_[id.index];
      if (!later.spec) return;
      auto active = std::make_shared<WorkloadSpec>(*later.spec);
      ++active->generation;
      active->mode = Mode::kActive;
      later.spec = std::move(active);
      Touch(id);
    });
  }
  target.spec = std::move(spec);
  Touch(id);
}

void SimWorld::Create(WorkloadId id) {
  Target& target = targets_[id.index];
  auto spec = std::make_shared<WorkloadSpec>(target.options.spec);
  spec->uid = spec->name + "/" + std::to_string(target.lives++);
  spec->generation = 1;
  target.spec = std::move(spec);
  Touch(id);
}

}  // namespace hpaplus::sim
