#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/ports/quota_cluster.h"

namespace hpaplus {

/// How much of a root pool's capacity may still be given away within a minute.
///
/// What another engine has given, or this one before its restart, is not known. So after a ledger
/// that is not from here nothing more is given until that is a minute old.
class MoveBudget {
 public:
  /// By resource; what is absent is not limited.
  [[nodiscard]] std::map<std::string, Amount> Left(const PoolSubject& root, Timestamp now);

  /// The root's ledger is by this plan of ours now.
  void Entered(const std::string& root, const std::string& plan) { known_[root].plan = plan; }
  void KeepOnly(const std::vector<PoolSubject>& pools);
  void Spend(const std::string& root, const std::string& resource, Amount amount, Timestamp now);

 private:
  struct Moved {
    Timestamp at{};
    Amount amount = 0;
  };
  struct Pool {
    std::string plan;  // That was last looked at.
    Timestamp unknown_until{};
    std::map<std::string, std::vector<Moved>> moved;  // By resource.
  };
  std::map<std::string, Pool> known_;  // By the root's name.
};

/// The id of a plan: who made it, when, and its number there.
[[nodiscard]] std::string PlanId(const std::string& engine, Timestamp at, std::uint64_t number);

/// When a plan was made; null: that is no id of ours.
[[nodiscard]] std::optional<Timestamp> PlannedAt(const std::string& plan);

}  // namespace hpaplus
