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

// All rooms as the pods of `wishes` see them.
class Rooms {
 public:
  Rooms(std::span<const QuotaRoom> rooms, std::span<const PodWish> wishes)
      : rooms_(rooms), wishes_(wishes), needs_(rooms.size()) {
    for (std::size_t r = 0; r < rooms.size(); ++r) {
      const std::string counted = CountedAs(rooms[r].resource);
      for (const PodWish& wish : wishes) {
        const auto found = wish.per_pod->find(counted);
        needs_[r].push_back(found == wish.per_pod->end() ? 0 : found->second);
      }
    }
  }

  // Room by room, of what the one before has left each; true: that was less than the first gave, so
  // that somebody else may have more. Nobody gets more than `most`, which is lowered.
  bool Share(std::vector<Replicas>& most, std::vector<Replicas>& out) const {
    bool wastes = false;
    out = most;
    for (std::size_t r = 0; r < rooms_.size(); ++r) {
      std::vector<PodClaim> claims;
      claims.reserve(wishes_.size());
      for (std::size_t i = 0; i < wishes_.size(); ++i)
        claims.push_back({wishes_[i].name, out[i], needs_[r][i], wishes_[i].share});
      const std::vector<Replicas> fits = SharePods(rooms_[r].left, claims);
      for (std::size_t i = 0; r > 0 && i < fits.size(); ++i) {
        if (fits[i] == out[i]) continue;
        most[i] = fits[i];
        wastes = true;
      }
      out = fits;
    }
    return wastes;
  }

  // What is left over makes more for each whom it suffices for, the higher priorities first.
  void FillUp(std::vector<Replicas>& out) const {
    std::vector<std::size_t> order(wishes_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto priority_of = [this](std::size_t i) { return wishes_[i].share.priority; };
    std::ranges::stable_sort(order, std::greater<>(), priority_of);
    std::vector<Amount> left = LeftBy(out);
    for (const std::size_t i : order) {
      Replicas more = wishes_[i].wants - out[i];
      for (std::size_t r = 0; r < rooms_.size(); ++r)
        more = PodsIn(left[r], {.per_pod = needs_[r][i]}, more);
      out[i] += more;
      for (std::size_t r = 0; r < rooms_.size(); ++r)
        left[r] -= needs_[r][i] * more;
    }
  }

  [[nodiscard]] std::vector<PodFit> Explain(const std::vector<Replicas>& fits) const {
    const std::vector<Amount> left = LeftBy(fits);
    std::vector<PodFit> out;
    for (std::size_t i = 0; i < fits.size(); ++i) {
      out.push_back({fits[i], nullptr});
      Amount fewest = kAmountMost;
      for (std::size_t r = 0; fits[i] < wishes_[i].wants && r < rooms_.size(); ++r) {
        if (left[r] >= needs_[r][i]) continue;
        const Amount holds = rooms_[r].left / needs_[r][i];
        if (out[i].lacks != nullptr && holds >= fewest) continue;
        fewest = holds;
        out[i].lacks = &rooms_[r];
      }
    }
    return out;
  }

 private:
  [[nodiscard]] std::vector<Amount> LeftBy(const std::vector<Replicas>& fits) const {
    std::vector<Amount> left;
    for (std::size_t r = 0; r < rooms_.size(); ++r) {
      left.push_back(rooms_[r].left);
      for (std::size_t i = 0; i < fits.size(); ++i)
        left[r] -= needs_[r][i] * fits[i];
    }
    return left;
  }

  const std::span<const QuotaRoom> rooms_;
  const std::span<const PodWish> wishes_;
  std::vector<std::vector<Amount>> needs_;  // Of one pod, by room and wish.
};

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

std::vector<PodFit> FitPods(std::span<const QuotaRoom> rooms, std::span<const PodWish> wishes) {
  constexpr int kPassesMost = 4;  // What is left over after them is little.
  std::vector<Replicas> most;
  most.reserve(wishes.size());
  for (const PodWish& wish : wishes)
    most.push_back(wish.wants);
  const Rooms all(rooms, wishes);
  std::vector<Replicas> fits;
  for (int pass = 0; pass < kPassesMost && all.Share(most, fits); ++pass)
    continue;
  all.FillUp(fits);
  return all.Explain(fits);
}

}  // namespace hpaplus
