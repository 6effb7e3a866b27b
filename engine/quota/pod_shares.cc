#include "engine/quota/pod_shares.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <limits>
#include <numeric>

#include "engine/quota/fill.h"

namespace hpaplus {
namespace {

Amount AllOf(const PodClaim& claim) {
  const WideAmount all = WideAmount{claim.per_pod} * claim.wants;
  return static_cast<Amount>(std::min<WideAmount>(all, kAmountMost));
}

Replicas PodsIn(Amount amount, const PodClaim& claim, Replicas most) {
  if (claim.per_pod == 0) return most;
  return static_cast<Replicas>(std::min<Amount>(amount / claim.per_pod, most));
}

// Those of one priority. `who` are indices into `claims` and `out`; gives what they leave.
Amount ShareAmong(Amount left, std::span<const std::size_t> who, std::span<const PodClaim> claims,
                  std::vector<Replicas>& out) {
  std::vector<Claim> amounts;
  amounts.reserve(who.size());
  for (const std::size_t i : who) {
    const PodClaim& one = claims[i];
    amounts.push_back({.name = one.name, .ceiling = AllOf(one), .weight = one.share.weight});
  }
  const std::vector<Amount> shares = Fill(left, amounts).shares;
  for (std::size_t k = 0; k < who.size(); ++k) {
    const PodClaim& one = claims[who[k]];
    out[who[k]] = PodsIn(shares[k], one, one.wants);
    left -= one.per_pod * out[who[k]];
  }
  constexpr Replicas kOne = 1;
  for (const Replicas most : {kOne, std::numeric_limits<Replicas>::max()}) {
    for (const std::size_t i : who) {
      const PodClaim& one = claims[i];
      const Replicas more = PodsIn(left, one, std::min(most, one.wants - out[i]));
      out[i] += more;
      left -= one.per_pod * more;
    }
  }
  return left;
}

}  // namespace

std::vector<Replicas> SharePods(Amount left, std::span<const PodClaim> claims) {
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto priority_of = [claims](std::size_t i) { return claims[i].share.priority; };
  std::ranges::stable_sort(order, std::greater<>(), priority_of);
  std::vector<Replicas> out(claims.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first + 1;
    const auto belongs = [&](std::size_t i) {
      return priority_of(order[i]) == priority_of(order[first]) && i - first < kClaimsMost;
    };
    while (last < order.size() && belongs(last))
      ++last;
    left = ShareAmong(left, std::span(order).subspan(first, last - first), claims, out);
    first = last;
  }
  return out;
}

}  // namespace hpaplus
