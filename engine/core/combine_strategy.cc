#include "engine/core/combine_strategy.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/check.h"
#include "engine/core/rounding.h"

namespace hpaplus {
namespace {

constexpr std::size_t kMetricsMost = 32;  // Of an object.

class Votes {
 public:
  Votes(const CombineSpec& how, std::span<const MetricSpec> specs,
        std::span<const MetricOutcome> metrics, Replicas current)
      : how_(how), specs_(specs), metrics_(metrics), current_(current) {
    HPAPLUS_CHECK(metrics.size() <= kMetricsMost && specs.size() == metrics.size());
    for (std::size_t i = 0; i < metrics.size(); ++i)
      Add(i);
  }

  Combined Combine() {
    out_.replicas = current_;
    if (out_.voters == 0 || out_.unknown == out_.voters) {
      out_.known = out_.voters == 0 && silent_;  // Nobody has anything against the size.
      return out_;
    }
    const std::optional<Replicas> size = Size();
    if (!size) {
      out_.reason = Reason::kNoFormulaValue;
      return out_;
    }
    out_.known = out_.unknown == 0 || *size >= current_;
    if (out_.known) out_.replicas = *size;
    return out_;
  }

 private:
  bool Counts(std::size_t i) const {
    // A formula hears whom it names, those too that have no vote of their own.
    if (how_.strategy == CombineStrategy::kFormula) return how_.formula->Uses(i);
    return specs_[i].role == MetricRole::kScale;
  }

  void Add(std::size_t i) {
    if (!Counts(i)) return;
    const MetricOutcome& metric = metrics_[i];
    if (metric.reason == Reason::kNoVote && how_.strategy != CombineStrategy::kFormula) {
      silent_ = true;
      return;
    }
    const bool unknown = !metric.proposal && metric.reason != Reason::kNoVote;
    ++out_.voters;
    if (unknown && out_.unknown++ == 0) out_.first_unknown = i;
    voters_[count_++] = i;
  }

  double Vote(std::size_t i) const { return metrics_[i].proposal.value_or(current_); }

  std::optional<Replicas> Size() {
    const std::span<const std::size_t> voters(voters_.data(), count_);
    const auto vote = [this](std::size_t i) { return Vote(i); };
    switch (how_.strategy) {
      case CombineStrategy::kMin:
        out_.winner = *std::ranges::min_element(voters, {}, vote);
        break;
      case CombineStrategy::kMax:
        HPAPLUS_CHECK(false);  // Combine()
      case CombineStrategy::kPriority:
        return FirstKnown(voters);
      case CombineStrategy::kAverage:
        return Mean(voters, [](std::size_t) { return 1.0; });
      case CombineStrategy::kWeighted:
        return WeightedMean(voters);
      case CombineStrategy::kFormula:
        return ByFormula(voters);
    }
    return SaturateToReplicas(Vote(out_.winner));
  }

  // Of the unknown ones only those before the winner matter.
  std::optional<Replicas> FirstKnown(std::span<const std::size_t> voters) {
    const auto first = std::ranges::find_if(
        voters, [this](std::size_t i) { return metrics_[i].proposal.has_value(); });
    out_.winner = *first;
    out_.unknown = static_cast<std::size_t>(first - voters.begin());
    return *metrics_[out_.winner].proposal;
  }

  template <class Weight>
  std::optional<Replicas> Mean(std::span<const std::size_t> voters, const Weight& weight) {
    double sum = 0;
    double weights = 0;
    for (const std::size_t i : voters) {
      sum += weight(i) * Vote(i);
      weights += weight(i);
    }
    out_.winner = voters.front();
    out_.reason = Reason::kCombined;
    if (weights > 0) return CeilToReplicasWithoutNoise(sum / weights);
    return std::nullopt;
  }

  std::optional<Replicas> WeightedMean(std::span<const std::size_t> voters) {
    const auto weight = [this](std::size_t i) {
      return specs_[i].weight ? specs_[i].weight->AsDouble() : 1.0;
    };
    const auto size = Mean(voters, weight);
    return size ? size : Mean(voters, [](std::size_t) { return 1.0; });
  }

  std::optional<Replicas> ByFormula(std::span<const std::size_t> voters) {
    std::array<double, kMetricsMost> values{};
    for (const std::size_t i : voters)
      values[i] = Vote(i);
    const auto value = how_.formula->Evaluate({values.data(), metrics_.size()});
    if (!value || *value < 0) return std::nullopt;
    out_.winner = voters.front();
    out_.reason = Reason::kCombined;
    return CeilToReplicasWithoutNoise(*value);
  }

  const CombineSpec& how_;
  const std::span<const MetricSpec> specs_;
  const std::span<const MetricOutcome> metrics_;
  const Replicas current_;
  std::array<std::size_t, kMetricsMost> voters_{};
  std::size_t count_ = 0;
  bool silent_ = false;  // Some metric has no vote now.
  Combined out_;
};

}  // namespace

Combined CombineBy(const CombineSpec& how, std::span<const MetricSpec> specs,
                   std::span<const MetricOutcome> metrics, Replicas current) {
  if (how.strategy == CombineStrategy::kMax) return Combine(specs, metrics, current);
  return Votes(how, specs, metrics, current).Combine();
}

}  // namespace hpaplus
