#include "engine/rehearse/chance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/check.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kTenthBetter = 0.9;
constexpr double kNoWorse = 1;
// What two simulations of the same thing may differ by, as a share of hpa-default's.
constexpr double kCostOff = 0.005;
constexpr double kShortOff = 0.05;

double Normal(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

// That over `ahead` more blocks a policy has at most `share` of hpa-default's.
double ChanceOfAtMost(double share, double Block::*figure, double off,
                      const std::vector<Block>& policy, const std::vector<Block>& hpa,
                      double ahead) {
  const auto count = static_cast<double>(hpa.size());
  double sum = 0;
  double squares = 0;
  double whole = 0;
  for (std::size_t i = 0; i < hpa.size(); ++i) {
    const double less = share * hpa[i].*figure - policy[i].*figure;
    sum += less;
    squares += less * less;
    whole += hpa[i].*figure;
  }
  const double mean = sum / count;
  const double variance = std::max(squares - sum * mean, 0.0) / std::max(count - 1, 1.0);
  const double spread =
      std::max(std::sqrt(variance * (1 / count + 1 / ahead)), off * whole / count);
  if (spread > 0) return Normal(mean / spread);
  return mean >= 0 ? 1 : 0;
}

}  // namespace

double ChanceToBeat(const std::vector<Block>& policy, const std::vector<Block>& hpa, double ahead) {
  HPAPLUS_CHECK(policy.size() == hpa.size() && !hpa.empty() && ahead > 0);
  const auto cost = [&](double share) {
    return ChanceOfAtMost(share, &Block::replica_seconds, kCostOff, policy, hpa, ahead);
  };
  const auto under = [&](double share) {
    return ChanceOfAtMost(share, &Block::short_seconds, kShortOff, policy, hpa, ahead);
  };
  const bool never_short =
      std::ranges::all_of(hpa, [](const Block& block) { return block.short_seconds <= 0; });
  const double cheaper = cost(kTenthBetter) * under(kNoWorse);
  if (never_short) return cheaper;
  return std::max(cheaper, cost(kNoWorse) * under(kTenthBetter));
}

}  // namespace hpaplus::rehearse
