#include "engine/loop/engine.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/hash.h"
#include "engine/loop/hold_decision.h"

namespace hpaplus {
namespace {

// Whether sizes of this object may be written, those included that were decided before.
bool StillWrites(const WorkloadView& view, Timestamp now) {
  return Writes(view.spec->mode) && view.conflict.empty() && !IsFrozen(view, now);
}

bool IsKnown(const ReadingResult& reading) {
  return reading && !(*reading)->values.empty() &&
         std::ranges::all_of((*reading)->values,
                             [](const ScalarSample& one) { return std::isfinite(one.value); });
}

// The read that a metric's number comes from; of a formula that of its first input.
std::optional<ReadId> ReadBehind(const WorkloadState& state, std::size_t metric) {
  const SharedFormula& formula = state.view->spec->metrics[metric].formula;
  if (!formula) return state.reads[metric].read;
  for (std::size_t i = 0; i < state.reads.size(); ++i) {
    if (formula->Uses(i) && state.reads[i].read) return state.reads[i].read;
  }
  return std::nullopt;
}

}  // namespace

Duration DefaultShareFor(const SourceName& source) {
  return source == kResourceMetrics ? std::chrono::seconds(1) : Duration::zero();
}

Engine::Engine(Config config, World world, PolicyFactory make_policies)
    : config_(std::move(config)),
      world_(world),
      evaluator_(config_.decide, world.executor),
      reads_(config_.share_for),
      workloads_(std::move(make_policies), reads_, config_.pod_metrics),
      commands_(world.actuator),
      overload_(config_.overload),
      suspicion_(config_.suspicion),
      backfill_(config_.past_of, config_.decide, reads_),
      fleet_(config_.fleet) {}

void Engine::Run(const std::stop_token& stop) {
  if (stop.stop_requested()) return;
  Timestamp last{};
  do {
    last = world_.clock.Now();
    Tick();
  } while (WaitForWork(last, stop));
  Drain();
}

Timestamp Engine::next() const {
  return std::min({queue_.next(), timeouts_.next(), wakes_.next()});
}

void Engine::Tick() {
  const Timestamp now = world_.clock.Now();  // The only reading that a decision depends on.

  // Outcomes are taken before the changes that show what they did, and looked at after them.
  const std::vector<ScaleOutcome> outcomes = world_.actuator.TakeOutcomes();
  Follow(world_.cluster.TakeChanges(), now);
  SettleAll(outcomes, now);
  TakeFreedQuota();
  TakeReadings(now);
  ExpireRounds(now);

  queue_.Stretch(overload_.stretch());
  const DueSet& due = queue_.TakeDue(now);
  std::size_t skipped = due.periods_skipped;
  for (const WorkloadId id : due.workloads) {
    const WorkloadState& state = workloads_.at(id);
    if (state.in_round && !state.early) {
      ++skipped;  // Its last round began late, and its reads are still awaited.
    } else {
      BeginRound(id, now);
    }
  }
  TakeNews(now);
  BeginEarlyRounds(now);
  if (const auto requests = reads_.TakeRequests(); !requests.empty()) {
    world_.feed.Start(requests);
  }
  Decide(now);
  Report(now, due, skipped);
}

void Engine::Follow(std::span<const WorkloadUpdate> updates, Timestamp now) {
  for (const WorkloadUpdate& update : updates) {
    const WorkloadChange change = workloads_.Apply(update);
    FollowObject(update.id, change, now);
    if (WorkloadState* const state = workloads_.Find(update.id)) {
      if (!StillWrites(*state->view, now)) commands_.Withdraw(update.id);
      CreditLostWrite(update.id, *state, now);
    }
  }
}

void Engine::FollowObject(WorkloadId id, WorkloadChange change, Timestamp now) {
  switch (change) {
    case WorkloadChange::kNone:
      return;
    case WorkloadChange::kAdded:
      backfill_.Plan(workloads_.at(id), now);
      Schedule(id, now);
      return;
    case WorkloadChange::kReplaced:
      ForgetObject(id);
      backfill_.Plan(workloads_.at(id), now);
      Schedule(id, now);
      return;
    case WorkloadChange::kSpec:
      commands_.Withdraw(id);  // It was decided for another wish.
      commands_.Forgive(id);
      suspicion_.Forget(id);
      Schedule(id, now);
      return;
    case WorkloadChange::kObserved:
      // With another selector the questions are others too, and a round under way starts over.
      if (timeouts_.contains(id) && !workloads_.at(id).in_round) BeginRound(id, now);
      return;
    case WorkloadChange::kRemoved:
      ForgetObject(id);
      queue_.Remove(id);
      return;
  }
}

void Engine::Schedule(WorkloadId id, Timestamp now) {
  const WorkloadState& state = workloads_.at(id);
  if (!state.in_round) timeouts_.Remove(id);
  const WorkloadSpec& spec = *state.view->spec;
  queue_.Set(id, spec.period, Fnv1a(spec.uid), now, spec.priority);
}

void Engine::ForgetObject(WorkloadId id) {
  commands_.Withdraw(id);
  commands_.Forget(id);
  timeouts_.Remove(id);
  wakes_.Remove(id);
  suspicion_.Forget(id);
  if (world_.quota != nullptr) world_.quota->Forget(id);
  world_.journal.RecordGone(id);
}

void Engine::CreditLostWrite(WorkloadId id, WorkloadState& state, Timestamp now) {
  const auto arrived = commands_.TakeArrived(id, *state.view);
  if (!arrived) return;
  CreditWrite(*arrived, state, now);
  world_.journal.RecordOutcome({*arrived}, now);
}

void Engine::CreditWrite(const ScaleCommand& command, WorkloadState& state, Timestamp now) {
  state.history = Advance(std::move(state.history), *command.view->spec,
                          command.view->scale.spec_replicas, command.replicas, now);
  state.history_changed = true;
}

void Engine::SettleAll(std::span<const ScaleOutcome> outcomes, Timestamp now) {
  for (const ScaleOutcome& outcome : outcomes)
    Settle(outcome, now);
}

void Engine::Settle(const ScaleOutcome& outcome, Timestamp now) {
  const ScaleCommand& command = outcome.command;
  WorkloadState* const state = workloads_.Find(command.workload);
  world_.journal.RecordOutcome(outcome, now);
  const CommandLedger::Verdict verdict =
      commands_.Settle(outcome, state != nullptr ? state->view.get() : nullptr, now);
  if (state == nullptr) return;
  switch (verdict) {
    case CommandLedger::Verdict::kWritten:
      CreditWrite(command, *state, now);
      return;
    case CommandLedger::Verdict::kDecideAgain:
      CreditLostWrite(command.workload, *state, now);
      // In the middle of a round its own decision is not far; otherwise what was read still holds.
      if (!state->in_round) Enqueue(command.workload, *state);
      return;
    case CommandLedger::Verdict::kNotWritten:
      CreditLostWrite(command.workload, *state, now);
      return;
  }
}

void Engine::TakeReadings(Timestamp now) {
  for (ReadResult& result : world_.feed.TakeArrived()) {
    const ReadId read = result.id;
    for (const WorkloadId id : reads_.Absorb(std::move(result), now)) {
      WorkloadState* const state = workloads_.Find(id);
      if (state == nullptr) continue;
      for (ReadSlot& slot : state->reads) {
        if (!slot.listed || *slot.read != read) continue;
        slot.listed = false;
        if (std::exchange(slot.awaited, false) && state->in_round) --state->reads_awaited;
      }
      if (backfill_.Take(id, *state, read, now)) --state->reads_awaited;
      if (state->in_round && state->reads_awaited == 0) FinishRound(id, *state);
    }
  }
}

void Engine::ExpireRounds(Timestamp now) {
  while (timeouts_.size() > 0 && timeouts_.next() <= now) {
    const WorkloadId id = timeouts_.first();
    FinishRound(id, workloads_.at(id));
  }
}

void Engine::TakeNews(Timestamp now) {
  for (const MetricNews& news : world_.feed.TakeNews()) {
    if (config_.news_spacing <= Duration::zero() || overload_.stretch() > 1) continue;
    for (const WorkloadId id : reads_.UsersOf(news)) {
      const WorkloadState* const state = workloads_.Find(id);
      if (state == nullptr || wakes_.contains(id)) continue;
      wakes_.Set(id, std::max(now, state->begun_at + config_.news_spacing));
    }
  }
}

void Engine::BeginEarlyRounds(Timestamp now) {
  for (std::size_t begun = 0; begun < config_.news_most && wakes_.next() <= now; ++begun) {
    const WorkloadId id = wakes_.first();
    wakes_.Remove(id);
    const WorkloadState& state = workloads_.at(id);
    if (state.in_round) {
      wakes_.Set(id, now + config_.news_spacing);  // Its answers may be older than the news.
    } else if (KnowsAll(state, true)) {
      BeginRound(id, now, true);
    }
  }
}

bool Engine::KnowsAll(const WorkloadState& state, bool but_news) const {
  const std::vector<MetricSpec>& metrics = state.view->spec->metrics;
  return std::ranges::all_of(state.reads, [&](const ReadSlot& slot) {
    const auto index = static_cast<std::size_t>(&slot - state.reads.data());
    if (metrics[index].type == MetricType::kFormula) return true;  // Known where its inputs are.
    if (!slot.read) return false;
    if (but_news && reads_.HasNews(*slot.read)) return true;
    const ReadingResult* const newest = reads_.Newest(*slot.read);
    return !slot.awaited && newest != nullptr && IsKnown(*newest);
  });
}

void Engine::BeginRound(WorkloadId id, Timestamp now, bool early) {
  WorkloadState& state = workloads_.at(id);
  state.early = early;
  state.begun_at = now;
  state.in_round = false;
  state.reads_awaited = 0;
  if (state.past) state.past->StopWaiting();
  if (!early) commands_.BeginPeriod(id);
  const Duration timeout = state.view->spec->timeout;
  // A round makes way for the next one, but one that begins late gets some time of its own.
  const Timestamp until = std::min(now + timeout, std::max(queue_.next(id), now + timeout / 2));
  const bool needs_reads = NeedsReads(*state.view);
  for (ReadSlot& slot : state.reads) {
    slot.awaited = slot.read.has_value() && (!early || reads_.HasNews(*slot.read));
    if (!slot.awaited || !needs_reads) continue;
    slot.awaited = !reads_.Ask(*slot.read, id, slot.listed, now, until);
    slot.listed = slot.listed || slot.awaited;
    if (slot.awaited) ++state.reads_awaited;
  }
  if (needs_reads && !early) state.reads_awaited += backfill_.Ask(id, state, now, until);
  if (state.reads_awaited == 0) {
    FinishRound(id, state);
  } else {
    state.in_round = true;
    timeouts_.Set(id, until);
  }
}

void Engine::FinishRound(WorkloadId id, WorkloadState& state) {
  state.in_round = false;
  state.reads_awaited = 0;
  if (state.past) state.past->StopWaiting();
  timeouts_.Remove(id);
  // A failure counts once a period, however often there are news.
  if (state.early && !KnowsAll(state, false)) return;
  Enqueue(id, state);
}

void Engine::Enqueue(WorkloadId id, WorkloadState& state) {
  // A second reason to decide in the same tick only brings newer readings.
  if (state.queued_at == WorkloadState::kNotQueued) {
    state.queued_at = ready_count_++;
    if (ready_.size() < ready_count_) ready_.emplace_back();
  }
  Evaluation& one = ready_[state.queued_at];
  one.id = id;
  one.view = state.view.get();
  one.policies = &state.policies;
  one.readings.clear();
  for (const ReadSlot& slot : state.reads) {
    const ReadingResult* const newest = slot.read ? reads_.Newest(*slot.read) : nullptr;
    if (!slot.read) {
      one.readings.emplace_back(slot.problem);
    } else if (slot.awaited || newest == nullptr) {
      one.readings.emplace_back(Error{ErrorCode::kDeadlineExceeded, "no answer in time"});
    } else {
      one.readings.push_back(*newest);
    }
  }
}

void Engine::Decide(Timestamp now) {
  const std::span<Evaluation> ready(ready_.data(), ready_count_);
  if (config_.tap != nullptr) BeginRounds(now);
  for (Evaluation& one : ready)
    one.decided.history = std::move(workloads_.at(one.id).history);
  evaluator_.Evaluate(now, ready);
  auto round = rounds_.begin();
  for (const Evaluation& one : ready) {
    if (round == rounds_.end() || round->id != one.id) continue;
    round++->decided = one.decided.decision;  // By itself, before the gates.
  }
  AskQuota(ready, now);
  round = rounds_.begin();
  for (Evaluation& one : ready) {
    WorkloadState& state = workloads_.at(one.id);
    Decision& decision = one.decided.decision;
    Admit(state, decision);
    if (round != rounds_.end() && round->id == one.id) EndRound(*round++, decision);
    state.history = std::move(one.decided.history);
    world_.journal.RecordDecision(decision, *state.view);
    if (decision.acts) commands_.Start({decision.workload, state.view, decision.desired, now});
  }
  decided_ = ready_count_;
  DropReady();
}

// What the decisions are about to be made from, while the histories are still where they were.
void Engine::BeginRounds(Timestamp now) {
  rounds_.clear();
  for (std::size_t i = 0; i < ready_count_; ++i) {
    const Evaluation& one = ready_[i];
    WorkloadState& state = workloads_.at(one.id);
    if (!config_.tap->Wants(one.id, *state.view)) continue;
    Round& round = rounds_.emplace_back();
    round.at = now;
    round.id = one.id;
    round.view = state.view;
    round.readings = one.readings;
    if (state.history_changed || config_.tap->WantsHistory(one.id)) round.history = state.history;
    state.history_changed = false;
  }
}

void Engine::EndRound(Round& round, const Decision& admitted) {
  if (admitted != round.decided) round.admitted = admitted;
  config_.tap->Take(std::move(round));
}

// All of the tick together, so that what is scarce goes by priority and not by who came first.
void Engine::AskQuota(std::span<Evaluation> ready, Timestamp now) {
  if (world_.quota == nullptr) return;
  asks_.clear();
  asking_.clear();
  for (Evaluation& one : ready) {
    Decision& decision = one.decided.decision;
    if (!decision.known) continue;
    const bool acts = StillWrites(*one.view, now);
    asks_.push_back({one.id, one.view, decision.current, decision.desired, acts});
    asking_.push_back(&decision);
  }
  const std::vector<QuotaAnswer> answers = world_.quota->Ask(asks_, now);
  for (std::size_t i = 0; i < asks_.size(); ++i) {
    const QuotaAnswer& answer = answers[i];
    const Replicas unmet = asks_[i].desired - answer.allowed;
    if (unmet <= 0) continue;
    Decision& decision = *asking_[i];
    decision.shortage = {answer.allowed, unmet, answer.quota, answer.resource};
    EndWith(Stage::kQuota, {answer.allowed, Reason::kQuotaLimited, static_cast<double>(unmet)},
            decision);
  }
}

void Engine::TakeFreedQuota() {
  if (world_.quota == nullptr) return;
  for (const WorkloadId id : world_.quota->TakeFreed()) {
    WorkloadState* const state = workloads_.Find(id);
    // In the middle of a round its own decision is not far; otherwise what was read still holds.
    if (state != nullptr && !state->in_round) Enqueue(id, *state);
  }
}

// The gates over all workloads together.
void Engine::Admit(const WorkloadState& state, Decision& decision) {
  sources_.clear();
  for (std::size_t i = 0; i < state.reads.size(); ++i) {
    const std::optional<ReadId> read = ReadBehind(state, i);
    sources_.push_back(read ? &reads_.SourceOf(*read) : nullptr);
  }
  suspicion_.Admit(*state.view->spec, sources_, decision);
  fleet_.Admit(*state.view->spec, decision);
  if (overload_.stretch() > 1) {
    decision.conditions.push_back(
        {ConditionType::kOverloaded, ConditionStatus::kTrue, Reason::kPeriodStretched});
  }
}

void Engine::Report(Timestamp now, const DueSet& due, std::size_t periods_skipped) {
  TickReport report;
  report.at = now;
  report.took = world_.clock.Now() - now;
  if (!due.lateness.empty()) {
    overload_.Observe(
        {now, *std::ranges::max_element(due.lateness), report.took, decided_, queue_.demand()});
  }
  report.due = due.workloads.size();
  report.decided = decided_;
  report.waiting = timeouts_.size();
  report.periods_skipped = periods_skipped;
  report.workloads = workloads_.size();
  report.sources_suspect = suspicion_.suspects();
  report.stretch = overload_.stretch();
  report.lateness = due.lateness;
  world_.journal.RecordTick(report);
}

bool Engine::WaitForWork(Timestamp last, const std::stop_token& stop) {
  const Timestamp earliest = last + config_.tick_spacing;
  if (!world_.clock.WaitUntil(std::max(next(), earliest), stop)) return false;
  while (world_.clock.Now() < earliest) {  // There is news; more of it may follow at once.
    if (!world_.clock.WaitUntil(earliest, stop)) return false;
  }
  return true;
}

void Engine::Drain() {
  constexpr Duration kLook = std::chrono::milliseconds(20);
  Timestamp now = world_.clock.Now();
  const Timestamp until = now + config_.stop_grace;
  while (commands_.under_way() > 0 && now < until) {
    if (!world_.clock.WaitUntil(std::min(now + kLook, until), {})) return;
    now = world_.clock.Now();
    const std::vector<ScaleOutcome> outcomes = world_.actuator.TakeOutcomes();
    Follow(world_.cluster.TakeChanges(), now);
    SettleAll(outcomes, now);
    DropReady();
  }
}

void Engine::DropReady() {
  for (std::size_t i = 0; i < ready_count_; ++i) {
    workloads_.at(ready_[i].id).queued_at = WorkloadState::kNotQueued;
    ready_[i].readings.clear();
  }
  ready_count_ = 0;
}

}  // namespace hpaplus
