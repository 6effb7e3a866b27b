#include "engine/rehearse/direct_run.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/hash.h"
#include "engine/core/decide.h"
#include "engine/eval/read_plan.h"
#include "engine/loop/deadline_queue.h"
#include "engine/loop/engine.h"
#include "engine/loop/source_suspicion.h"
#include "engine/rehearse/pod_batches.h"
#include "engine/rehearse/rehearsed_spec.h"

namespace hpaplus::rehearse {
namespace {

constexpr WorkloadId kIt{0};
constexpr std::int64_t kBlocks = 24;

class DirectRun {
 public:
  DirectRun(const WorkloadSpec& spec, const Situation& situation, const PolicyFactory& policies,
            Timestamp start)
      : spec_(Rehearsed(spec)),
        situation_(situation),
        options_(situation.options()),
        policies_(policies(*spec_)),
        start_(start),
        end_(start + std::chrono::duration_cast<Duration>(
                         std::chrono::duration<double>(situation.trace().seconds()))),
        demand_(situation.trace(), options_.between),
        plant_(options_.plant),
        keeper_(ToSeconds(options_.step)),
        last_tick_(start),
        suspicion_(SourceSuspicion::Config()) {
    if (LooksAtPods(*spec_)) pods_.emplace(*spec_, options_, start);
    measured_ = {start, demand_.At(0), plant_.ready()};
    view_.spec = spec_;
    view_.scale.status = ScaleStatus::kKnown;
    view_.scale.selector = "app=rehearsal";
    ShowSize();
    PlanReadings();
    may_rest_ = MayRest();
  }

  DirectScores Run() {
    DeadlineQueue queue;
    queue.Set(kIt, spec_->period, Fnv1a(spec_->uid), start_);
    Timestamp due = queue.next();
    for (bool first = true;; first = false) {
      MoveTo(std::min(due, end_));
      const Timestamp begin = std::max(due, last_tick_ + engine_.tick_spacing);
      if (begin >= end_) break;
      MoveTo(begin);
      if (!DecideAt(begin)) break;
      // The first deadline alone is not on the grid.
      if (first) (void)queue.TakeDue(begin);
      due = first ? queue.next() : due + spec_->period;
      if (IsAtRest()) due += QuietPeriods(due) * spec_->period;
    }
    MoveTo(end_);
    return {keeper_.Total(), std::move(blocks_)};
  }

 private:
  // Whether deciding again from the same numbers, with the size that they ask for, comes to the
  // same whenever it is done: nothing then goes by the clock but windows, which hold what is asked
  // for, and rates, which limit changes.
  [[nodiscard]] bool MayRest() const {
    const WorkloadSpec& spec = *spec_;
    const bool by_the_clock = spec.burst || spec.rollout || spec.idle || spec.fallback ||
                              !spec.schedules.empty() || spec.frozen_until;
    const auto plain = [](const MetricSpec& metric) {
      const bool whole = metric.type == MetricType::kObject ||
                         metric.type == MetricType::kExternal || metric.type == MetricType::kSource;
      return whole && metric.role == MetricRole::kScale && !metric.smoothing && !metric.step &&
             !metric.queue;
    };
    const auto fresh = [this](const SourceName* source) {
      return source != nullptr && engine_.share_for(*source) < spec_->period;
    };
    return !by_the_clock && !pods_ && options_.between == Between::kHold &&
           std::ranges::all_of(spec.metrics, plain) && std::ranges::all_of(sources_, fresh);
  }

  [[nodiscard]] bool IsAtRest() const {
    const Decision& decision = decided_.decision;
    return may_rest_ && decision.known && !decision.changes_scale() &&
           decision.recommended == decision.current && plant_.next() == Timestamp::max();
  }

  // How many evaluations from `due` on find what the last one found, and are followed by one more:
  // that one says last what is asked for.
  [[nodiscard]] std::int64_t QuietPeriods(Timestamp due) {
    const std::vector<Trace::Point>& points = situation_.trace().points();
    const double measured = ToSeconds(measured_.at - start_);
    while (point_ < points.size() &&
           (points[point_].seconds <= measured || points[point_].value == measured_.demand))
      ++point_;
    const auto next = point_ == points.size()
                          ? end_ - start_
                          : std::chrono::duration_cast<Duration>(
                                std::chrono::duration<double>(points[point_].seconds));
    return std::max<std::int64_t>((start_ + next - due) / spec_->period - 1, 0);
  }

  void PlanReadings() {
    const auto planned = PlanReads(view_, PodMetricsFrom::kMetricsServer);
    for (std::size_t i = 0; i < planned.size(); ++i) {
      asked_.push_back(std::make_shared<Reading>());
      if (!planned[i]) {
        readings_.emplace_back(planned[i].error());
        sources_.push_back(nullptr);
        continue;
      }
      readings_.emplace_back(Error{ErrorCode::kDeadlineExceeded, "no answer in time"});
      names_.push_back(std::make_unique<SourceName>(planned[i]->source));
      sources_.push_back(names_.back().get());
    }
    NameFormulas();
  }

  // A formula's source is that of its first input.
  void NameFormulas() {
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const SharedFormula& formula = spec_->metrics[i].formula;
      for (std::size_t k = 0; formula && sources_[i] == nullptr && k < sources_.size(); ++k) {
        if (formula->Uses(k) && readings_[k].error().code == ErrorCode::kDeadlineExceeded) {
          sources_[i] = sources_[k];
        }
      }
    }
  }

  // Everything before `until` has happened then.
  void MoveTo(Timestamp until) {
    const std::int64_t scrapes = (until - start_ - Duration(1)) / options_.scrape;
    const Timestamp scrape = start_ + scrapes * options_.scrape;
    if (until > start_ && scrape > measured_.at) {
      while (plant_.next() <= scrape)
        Serve();
      measured_ = {scrape, demand_.At(ToSeconds(scrape - start_)), plant_.ready()};
    }
    while (plant_.next() < until)
      Serve();
    Score(until);
  }

  void Serve() {
    const Timestamp at = plant_.next();
    Score(at);
    (void)plant_.Advance(at);
    if (pods_) pods_->Serve(plant_.ready(), at);
    last_tick_ = std::max(at, last_tick_ + engine_.tick_spacing);
    ShowSize();
  }

  // Steps that begin before `until`.
  void Score(Timestamp until) {
    const Duration since = until - start_;
    const std::int64_t steps = (since + options_.step - Duration(1)) / options_.step;
    const std::vector<Situation::Need>& needs = situation_.needs();
    while (step_ < steps && need_ < needs.size()) {
      const std::int64_t next = std::min(steps, needs[need_].until);
      keeper_.Add(needs[need_].replicas, plant_.ready(), plant_.replicas(), next - step_);
      AddToBlocks(needs[need_].replicas, next);
      step_ = next;
      if (next == needs[need_].until) ++need_;
    }
  }

  // The steps until before `next`.
  void AddToBlocks(Replicas needed, std::int64_t next) {
    const std::int64_t length = situation_.block_steps();
    for (std::int64_t from = step_; from < next;) {
      const auto block = static_cast<std::size_t>(from / length);
      if (blocks_.size() <= block) blocks_.resize(block + 1);
      const std::int64_t until = std::min(next, (from / length + 1) * length);
      const double seconds = ToSeconds(options_.step) * static_cast<double>(until - from);
      blocks_[block].replica_seconds += plant_.replicas() * seconds;
      if (plant_.ready() < needed) blocks_[block].short_seconds += seconds;
      from = until;
    }
  }

  void ShowSize() {
    view_.scale.spec_replicas = plant_.replicas();
    view_.scale.status_replicas = plant_.replicas();
    if (pods_) pods_->Show(view_.pods);
  }

  // False: time is over.
  bool DecideAt(Timestamp begin) {
    Timestamp now = begin;
    if (NeedsReads(view_) && Measure(begin)) {
      now += engine_.tick_spacing;
      if (now >= end_) return false;
      MoveTo(now);
    }
    last_tick_ = now;
    const DecideInput in{now, engine_.decide, kIt, view_, policies_, readings_};
    Decide(in, decided_);
    Admit(decided_.decision);
    if (!decided_.decision.acts) return true;
    const Replicas from = plant_.replicas();
    const Replicas to = decided_.decision.desired;
    plant_.Resize(to, now);
    if (pods_) pods_->Resize(to, now);
    keeper_.AddChange(from, to);
    ShowSize();
    last_tick_ = now + engine_.tick_spacing;
    decided_.history = Advance(std::move(decided_.history), *spec_, from, to, last_tick_);
    return true;
  }

  // Before something was unknown, suspicion has nothing to say about one workload alone.
  void Admit(Decision& decision) {
    admits_ = admits_ || std::ranges::any_of(decision.metrics, IsUnknown);
    if (admits_) suspicion_.Admit(*spec_, sources_, decision);
  }

  // False: what was read before is young enough to be used again.
  bool Measure(Timestamp now) {
    bool asked = false;
    for (std::size_t i = 0; i < asked_.size(); ++i) {
      const MetricSpec& metric = spec_->metrics[i];
      if (metric.type == MetricType::kFormula || sources_[i] == nullptr) continue;
      Reading& reading = *asked_[i];
      if (readings_[i] && now - reading.received < engine_.share_for(*sources_[i])) continue;
      asked = true;
      reading.received = now;
      switch (metric.type) {
        case MetricType::kResource:
        case MetricType::kContainerResource:
          pods_->MeasureUsage(measured_, reading);
          break;
        case MetricType::kPods:
          pods_->MeasureServed(measured_, reading);
          break;
        case MetricType::kUnknown:
        case MetricType::kObject:
        case MetricType::kExternal:
        case MetricType::kSource:
        case MetricType::kFormula:
          reading.values.assign(1, SampleOfWhole(metric, measured_));
          break;
      }
      readings_[i] = ReadingResult(asked_[i]);
    }
    return asked;
  }

  const std::shared_ptr<const WorkloadSpec> spec_;
  const Situation& situation_;
  const RunOptions& options_;
  const PolicySet policies_;
  const Engine::Config engine_;
  const Timestamp start_;
  const Timestamp end_;
  TraceReader demand_;
  Plant plant_;
  ScoreKeeper keeper_;
  Timestamp last_tick_;  // Of the engine: it leaves some time between two.
  SourceSuspicion suspicion_;
  bool admits_ = false;
  Measured measured_;
  std::optional<PodBatches> pods_;
  WorkloadView view_;
  Decided decided_;                              // The last one, and the history after it.
  std::vector<std::shared_ptr<Reading>> asked_;  // One per metric, used again and again.
  std::vector<ReadingResult> readings_;
  std::vector<std::unique_ptr<SourceName>> names_;
  std::vector<const SourceName*> sources_;
  std::int64_t step_ = 0;  // The first that has not been scored.
  std::size_t need_ = 0;
  std::vector<Block> blocks_;
  bool may_rest_ = false;
  std::size_t point_ = 0;  // The first that may be other than what was measured last.
};

}  // namespace

Situation::Situation(Trace trace, const RunOptions& options)
    : trace_(std::move(trace)), options_(options) {
  const Plant plant(options_.plant);
  TraceReader demand(trace_, options_.between);
  const double step = ToSeconds(options_.step);
  const auto steps = static_cast<std::int64_t>(std::ceil(trace_.seconds() / step));
  for (std::int64_t i = 0; i < steps; ++i) {
    const Replicas needed = plant.Needed(demand.At(static_cast<double>(i) * step));
    if (needs_.empty() || needs_.back().replicas != needed) needs_.push_back({i, needed});
    needs_.back().until = i + 1;
  }
  block_steps_ = std::max<std::int64_t>(steps / kBlocks, 1);
}

DirectScores RunDirect(const WorkloadSpec& spec, const Situation& situation,
                       const PolicyFactory& policies, Timestamp start) {
  return DirectRun(spec, situation, policies, start).Run();
}

}  // namespace hpaplus::rehearse
