#include "engine/rehearse/chance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "engine/base/check.h"
#include "engine/base/random.h"

namespace hpaplus::rehearse {
namespace {

constexpr double kTenthBetter = 0.9;
constexpr double kNoWorse = 1;
constexpr int kFutures = 200;
constexpr double kBlocksMost = 100;
// What two simulations of the same thing may differ by, as a share of hpa-default's.
constexpr double kCostOff = 0.005;
constexpr double kShortOff = 0.04;

// That it is at most `share` of hpa-default's, in what is off by so much.
double AtMost(double share, double its, double hpas, double off) {
  if (hpas <= 0) return its <= 0 ? 1 : 0;
  const double spreads = (share - its / hpas) / off;
  return std::erfc(-spreads / std::numbers::sqrt2) / 2;
}

void Add(Block& sum, const Block& block) {
  sum.replica_seconds += block.replica_seconds;
  sum.short_seconds += block.short_seconds;
}

}  // namespace

double ChanceToBeat(const std::vector<Block>& policy, const std::vector<Block>& hpa, double ahead) {
  HPAPLUS_CHECK(policy.size() == hpa.size() && !hpa.empty() && ahead > 0);
  constexpr std::uint64_t kSeed = 1;  // Every policy meets the same futures.
  const auto draws = static_cast<int>(std::clamp(std::round(ahead), 1.0, kBlocksMost));
  const bool ever_short =
      std::ranges::any_of(hpa, [](const Block& block) { return block.short_seconds > 0; });
  Random random(kSeed);
  double cheaper = 0;
  double shorter = 0;
  for (int future = 0; future < kFutures; ++future) {
    Block its;
    Block hpas;
    for (int i = 0; i < draws; ++i) {
      const std::size_t drawn = random.Next() % hpa.size();
      Add(its, policy[drawn]);
      Add(hpas, hpa[drawn]);
    }
    const auto cost = [&](double share) {
      return AtMost(share, its.replica_seconds, hpas.replica_seconds, kCostOff);
    };
    const auto under = [&](double share) {
      return AtMost(share, its.short_seconds, hpas.short_seconds, kShortOff);
    };
    cheaper += cost(kTenthBetter) * under(kNoWorse);
    if (ever_short) shorter += cost(kNoWorse) * under(kTenthBetter);
  }
  return std::max(cheaper, shorter) / kFutures;
}

}  // namespace hpaplus::rehearse
