#include "engine/kube/decision_digest.h"

#include <bit>
#include <string_view>

#include "engine/base/hash.h"

namespace hpaplus::kube {
namespace {

class Digest {
 public:
  void Add(std::uint64_t word) {
    constexpr std::uint64_t kPrime = 0x9E3779B97F4A7C15U;
    state_ = (std::rotl(state_, 29) ^ word) * kPrime;
  }
  template <class T>
  void AddEnum(T value) {
    Add(static_cast<std::uint64_t>(value));
  }
  void AddSize(Replicas size) { Add(static_cast<std::uint32_t>(size)); }
  void AddText(std::string_view text) { Add(text.empty() ? 0 : Fnv1a(text)); }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 1;
};

}  // namespace

std::uint64_t MeaningDigest(const Decision& decision, const WorkloadView& view) {
  Digest digest;
  digest.Add(static_cast<std::uint64_t>(view.spec->generation));
  digest.AddEnum(view.spec->mode);
  digest.AddEnum(view.scale.status);
  digest.AddText(view.scale.problem);
  digest.AddText(view.conflict);
  digest.AddSize(decision.current);
  digest.AddSize(decision.desired);
  digest.Add((decision.known ? 1U : 0U) + (decision.acts ? 2U : 0U));
  for (const Condition& condition : decision.conditions) {
    digest.AddEnum(condition.type);
    digest.AddEnum(condition.status);
    digest.AddEnum(condition.reason);
  }
  for (const MetricOutcome& metric : decision.metrics) {
    // Why a metric abstains is news; how far one that speaks is from its target is not.
    digest.AddEnum(metric.proposal ? Reason::kNone : metric.reason);
  }
  for (const DecisionStep& step : decision.steps) {
    const bool limits = step.stage > Stage::kCombine && step.before != step.after;
    const bool decides = step.stage == Stage::kCombine && decision.changes_scale();
    if (!limits && !decides) continue;
    digest.AddEnum(step.stage);
    digest.AddEnum(step.reason);
    digest.Add(step.index);
  }
  return digest.value();
}

std::uint64_t ValuesDigest(const Decision& decision, const ShadowState* shadow) {
  Digest digest;
  digest.AddSize(decision.recommended);
  for (const MetricOutcome& metric : decision.metrics) {
    digest.Add(std::bit_cast<std::uint64_t>(metric.value.value_or(0)));
    digest.Add(static_cast<std::uint64_t>(metric.value_milli.value_or(0)));
    digest.Add(static_cast<std::uint64_t>(metric.average_value_milli.value_or(0)));
    digest.Add(static_cast<std::uint64_t>(metric.average_utilization.value_or(0)));
  }
  if (shadow != nullptr) {
    digest.AddSize(shadow->replicas);
    digest.AddSize(shadow->ready);
    digest.Add((shadow->known ? 1U : 0U) + (shadow->demand_hidden ? 2U : 4U));
  }
  return digest.value();
}

}  // namespace hpaplus::kube
