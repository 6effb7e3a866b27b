#include "engine/rehearse/shadows.h"

#include <utility>

#include "engine/core/decide.h"
#include "engine/rehearse/shadow_pods.h"
#include "engine/rehearse/shadow_readings.h"

namespace hpaplus::rehearse {
namespace {

// A real size is there a moment after it was decided, which matters at the edges of periods.
constexpr Duration kWriteTime = std::chrono::milliseconds(2);

// The object as it would be if it wrote.
std::shared_ptr<const WorkloadSpec> Writing(const std::shared_ptr<const WorkloadSpec>& spec) {
  if (spec->mode != Mode::kDryRun) return spec;
  auto active = std::make_shared<WorkloadSpec>(*spec);
  active->mode = Mode::kActive;
  return active;
}

}  // namespace

class Shadows::Shadow {
 public:
  Shadow(const Round& round, const Config& config, const PolicyFactory& make)
      : startup_(ObserveStartup(*round.view, config.startup)),
        pods_(*round.view, round.at, startup_.time) {
    state_.since = round.at;
    FollowSpec(round, make);
  }

  [[nodiscard]] bool IsOf(const WorkloadSpec& spec) const {
    return real_->uid == spec.uid && real_->target == spec.target;
  }

  void FollowSpec(const Round& round, const PolicyFactory& make) {
    if (real_ == round.view->spec) return;
    real_ = round.view->spec;
    spec_ = Writing(real_);
    policies_ = make(*spec_);
  }

  const ShadowState& Step(const Round& round, const Config& config) {
    pods_.Advance(round.at);
    pods_.FollowTemplate(*round.view);
    gone_.Follow(*round.view, round.at);
    ShadowReadings measured = ReadShadow(round, config.decide, gone_, pods_);
    WorkloadView view = ViewOf(*round.view, std::move(measured.pods));
    Decide({round.at, config.decide, round.id, view, policies_, measured.readings}, decided_);
    const Decision& decision = decided_.decision;
    if (decision.acts) {
      startup_ = ObserveStartup(*round.view, config.startup);
      pods_.Resize(decision.desired, round.at, startup_.time);
      decided_.history = Advance(std::move(decided_.history), *spec_, decision.current,
                                 decision.desired, round.at + kWriteTime);
    }
    state_.replicas = pods_.replicas();
    state_.ready = pods_.ready();
    state_.known = decision.known;
    state_.demand_hidden = measured.demand_hidden;
    state_.startup = startup_.time;
    state_.startup_observed = startup_.observed;
    return state_;
  }

 private:
  // The real one's view, with the shadow's size. Nobody else has that target.
  [[nodiscard]] WorkloadView ViewOf(const WorkloadView& real,
                                    std::vector<std::shared_ptr<const Pod>> pods) const {
    WorkloadView view;
    view.spec = spec_;
    view.scale = real.scale;
    view.scale.spec_replicas = pods_.replicas();
    view.scale.status_replicas = pods_.replicas();
    view.pods = std::move(pods);
    view.ambiguous_selector = real.ambiguous_selector;
    view.scaled_to_zero = pods_.replicas() == 0;
    view.freeze = real.freeze;
    return view;
  }

  std::shared_ptr<const WorkloadSpec> real_;  // As the object has it.
  std::shared_ptr<const WorkloadSpec> spec_;
  PolicySet policies_;
  StartupTime startup_;
  ShadowPods pods_;
  Departures gone_;  // Of the real pods.
  Decided decided_;  // The last one, and the history after it.
  ShadowState state_;
};

Shadows::Shadows(const Config& config, PolicyFactory make_policies, ShadowBook& book,
                 RoundTap* next)
    : config_(config), make_policies_(std::move(make_policies)), book_(book), next_(next) {}

Shadows::~Shadows() = default;

bool Shadows::HasShadow(const WorkloadSpec& spec) const {
  return spec.mode == Mode::kDryRun || (config_.all && Writes(spec.mode));
}

bool Shadows::Wants(WorkloadId id, const WorkloadView& view) {
  const bool has = HasShadow(*view.spec);
  if (!has) End(id);
  return has || (next_ != nullptr && next_->Wants(id, view));
}

bool Shadows::WantsHistory(WorkloadId id) {
  return next_ != nullptr && next_->WantsHistory(id);
}

void Shadows::Take(Round round) {
  if (HasShadow(*round.view->spec)) Follow(round);
  if (next_ != nullptr && next_->Wants(round.id, *round.view)) next_->Take(std::move(round));
}

void Shadows::Follow(const Round& round) {
  if (shadows_.size() <= round.id.index) shadows_.resize(round.id.index + 1U);
  std::unique_ptr<Shadow>& shadow = shadows_[round.id.index];
  if (shadow && !shadow->IsOf(*round.view->spec)) End(round.id);
  if (!shadow) {
    if (round.view->scale.status != ScaleStatus::kKnown) return;  // Nothing to begin with.
    shadow = std::make_unique<Shadow>(round, config_, make_policies_);
  }
  shadow->FollowSpec(round, make_policies_);
  book_.Set(round.id, shadow->Step(round, config_));
}

void Shadows::End(WorkloadId id) {
  if (id.index >= shadows_.size() || !shadows_[id.index]) return;
  shadows_[id.index].reset();
  book_.Erase(id);
}

}  // namespace hpaplus::rehearse
