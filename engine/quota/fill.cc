#include "engine/quota/fill.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

using Wide = WideAmount;

// One claim while the water rises: it follows `start + weight * level`, but stays within its range.
struct Vessel {
  std::size_t claim = 0;
  Amount start = 0;
  Amount least = 0;
  Amount most = 0;
  std::int64_t weight = 0;
};

// The level above / weight at which a vessel begins to fill, or is full.
struct Turn {
  Amount above = 0;
  std::int64_t weight = 1;
  std::size_t vessel = 0;
  bool full = false;
};

bool Before(const Turn& a, const Turn& b) {
  return Wide{a.above} * b.weight < Wide{b.above} * a.weight;
}

std::vector<Turn> TurnsOf(std::span<const Vessel> vessels) {
  std::vector<Turn> turns;
  turns.reserve(2 * vessels.size());
  for (std::size_t i = 0; i < vessels.size(); ++i) {
    const Vessel& one = vessels[i];
    if (one.weight == 0 || one.most == one.least) continue;
    turns.push_back({one.least - one.start, one.weight, i, false});
    turns.push_back({one.most - one.start, one.weight, i, true});
  }
  std::ranges::sort(turns, Before);
  return turns;
}

// What has been poured at a level: the vessels that are not filling hold `still`, those that are
// hold `starts + weights * level`.
struct Poured {
  Wide still = 0;
  Wide starts = 0;
  Wide weights = 0;
  std::vector<bool> filling;

  void Take(const Vessel& vessel, const Turn& turn) {
    const int sign = turn.full ? -1 : 1;
    still += turn.full ? vessel.most : -Wide{vessel.least};
    starts += sign * Wide{vessel.start};
    weights += sign * Wide{vessel.weight};
    filling[turn.vessel] = !turn.full;
  }

  // Whether the level of this turn takes all of it.
  [[nodiscard]] bool Reaches(Wide amount, const Turn& turn) const {
    return weights * turn.above >= (amount - still - starts) * turn.weight;
  }
};

// The vessels that are filling share `left` by weight, in whole units.
void ShareRest(Wide left, Wide weights, std::span<const Vessel> vessels,
               const std::vector<bool>& filling, std::span<const Claim> claims,
               std::vector<Amount>& shares) {
  struct Part {
    std::size_t claim = 0;
    Wide remainder = 0;
  };
  std::vector<Part> parts;
  Wide given = 0;
  for (std::size_t i = 0; i < vessels.size(); ++i) {
    if (!filling[i]) continue;
    const Wide product = left * vessels[i].weight;
    const Wide units = product / weights;
    shares[vessels[i].claim] = vessels[i].start + static_cast<Amount>(units);
    given += units;
    parts.push_back({vessels[i].claim, product % weights});
  }
  const auto units_over = static_cast<std::ptrdiff_t>(left - given);
  HPAPLUS_CHECK(units_over >= 0 && units_over <= std::ssize(parts));
  std::ranges::nth_element(parts, parts.begin() + units_over, [&](const Part& a, const Part& b) {
    if (a.remainder != b.remainder) return a.remainder > b.remainder;
    if (claims[a.claim].name != claims[b.claim].name) {
      return claims[a.claim].name < claims[b.claim].name;
    }
    return a.claim < b.claim;
  });
  for (std::ptrdiff_t i = 0; i < units_over; ++i)
    ++shares[parts[static_cast<std::size_t>(i)].claim];
}

// Pours so much over the vessels, whose least amounts are in it. Precondition: those fit.
void Pour(Wide amount, std::span<const Vessel> vessels, std::span<const Claim> claims,
          std::vector<Amount>& shares) {
  Poured poured;
  poured.filling.resize(vessels.size());
  for (const Vessel& vessel : vessels) {
    shares[vessel.claim] = vessel.least;
    poured.still += vessel.least;
  }
  for (const Turn& turn : TurnsOf(vessels)) {
    const Vessel& vessel = vessels[turn.vessel];
    if (poured.weights > 0 && poured.Reaches(amount, turn)) {
      return ShareRest(amount - poured.still - poured.starts, poured.weights, vessels,
                       poured.filling, claims, shares);
    }
    poured.Take(vessel, turn);
    if (turn.full) shares[vessel.claim] = vessel.most;
  }
}

Amount Least(const Claim& claim) {
  return std::max(claim.held, std::min(claim.floor, claim.ceiling));
}

// One priority's floors, in proportion to them, with what is left for it.
void PourFloors(Wide amount, std::span<const std::size_t> tier, std::span<const Claim> claims,
                std::vector<Amount>& shares) {
  std::vector<Vessel> vessels;
  vessels.reserve(tier.size());
  for (const std::size_t i : tier) {
    const Claim& claim = claims[i];
    const Amount floor = std::min(claim.floor, claim.ceiling);
    vessels.push_back({i, 0, claim.held, Least(claim), floor});
  }
  Pour(amount, vessels, claims, shares);
}

// The floors do not fit: from the highest priority on.
void FillByPriority(Wide left, std::span<const Claim> claims, std::vector<Amount>& shares) {
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t i) { return claims[i].priority; });
  for (auto first = order.begin(); first != order.end();) {
    const auto last = std::find_if(first, order.end(), [&](std::size_t i) {
      return claims[i].priority != claims[*first].priority;
    });
    Wide held = 0;
    Wide wanted = 0;  // Beyond what is held.
    for (auto i = first; i != last; ++i) {
      held += claims[*i].held;
      wanted += Least(claims[*i]) - claims[*i].held;
    }
    const Wide granted = std::min(wanted, left);
    PourFloors(held + granted, {first, last}, claims, shares);
    left -= granted;
    first = last;
  }
}

}  // namespace

Filled Fill(Amount capacity, std::span<const Claim> claims) {
  HPAPLUS_CHECK(claims.size() <= kClaimsMost);
  Filled out;
  out.shares.resize(claims.size());
  Wide held = 0;
  Wide least = 0;
  Wide most = 0;
  std::vector<Vessel> vessels;
  vessels.reserve(claims.size());
  for (std::size_t i = 0; i < claims.size(); ++i) {
    const Claim& claim = claims[i];
    const Vessel vessel{i, std::min(claim.floor, claim.ceiling), Least(claim),
                        std::max(claim.ceiling, claim.held), claim.weight};
    held += claim.held;
    least += vessel.least;
    most += vessel.most;
    vessels.push_back(vessel);
  }
  out.deficit = least > capacity;
  if (!out.deficit) {
    Pour(std::min<Wide>(capacity, most), vessels, claims, out.shares);
  } else {
    FillByPriority(std::max<Wide>(capacity - held, 0), claims, out.shares);
  }
  return out;
}

}  // namespace hpaplus
