#include "engine/loop/move_budget.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace hpaplus {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Amount kPercent = 100;

__extension__ using Wide = __int128;

}  // namespace

std::map<std::string, Amount> MoveBudget::Left(const PoolSubject& root, Timestamp now) {
  const PoolSpec& spec = *root.spec;
  Pool& pool = known_[spec.name];
  if (std::exchange(pool.plan, root.ledger.plan) != root.ledger.plan) {
    const auto at = PlannedAt(root.ledger.plan);
    // A clock that is far ahead does not hold it for long.
    if (at) pool.unknown_until = std::max(pool.unknown_until, std::min(*at, now) + kMinute);
  }
  std::map<std::string, Amount> out;
  for (auto& [resource, moves] : pool.moved)
    std::erase_if(moves, [now](const Moved& move) { return move.at <= now - kMinute; });
  if (!spec.move_percent_per_minute) return out;
  for (const PoolResource& one : spec.resources) {
    Wide left = Wide{one.capacity} * *spec.move_percent_per_minute / kPercent;
    for (const Moved& move : pool.moved[one.name])
      left -= move.amount;
    if (now < pool.unknown_until) left = 0;
    out[one.name] = static_cast<Amount>(std::max<Wide>(left, 0));
  }
  return out;
}

void MoveBudget::Spend(const std::string& root, const std::string& resource, Amount amount,
                       Timestamp now) {
  known_[root].moved[resource].push_back({now, amount});
}

void MoveBudget::KeepOnly(const std::vector<PoolSubject>& pools) {
  std::erase_if(known_, [&pools](const auto& item) {
    return std::ranges::none_of(
        pools, [&item](const PoolSubject& pool) { return pool.spec->name == item.first; });
  });
}

std::string PlanId(const std::string& engine, Timestamp at, std::uint64_t number) {
  return engine + "-" + std::to_string(at.time_since_epoch().count()) + "-" +
         std::to_string(number);
}

std::optional<Timestamp> PlannedAt(const std::string& plan) {
  const std::size_t last = plan.rfind('-');
  if (last == std::string::npos || last == 0) return std::nullopt;
  const std::size_t first = plan.rfind('-', last - 1);
  if (first == std::string::npos) return std::nullopt;
  std::int64_t since = 0;
  const char* const end = plan.data() + last;
  const auto [stop, error] = std::from_chars(plan.data() + first + 1, end, since);
  if (error != std::errc() || stop != end) return std::nullopt;
  return Timestamp(Duration(since));
}

}  // namespace hpaplus
