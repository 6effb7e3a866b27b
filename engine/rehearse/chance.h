#pragma once

#include <vector>

namespace hpaplus::rehearse {

/// What one block of a run came to. All blocks of a run are as long as each other but the last.
struct Block {
  double replica_seconds = 0;
  double short_seconds = 0;  // With fewer replicas serving than needed.
  bool operator==(const Block&) const = default;
};

/// How likely a policy is, over `ahead` more blocks of the same kind, a tenth better than
/// hpa-default in one of cost and time short and no worse in the other: 0 .. 1. A paired block
/// bootstrap: futures are put together from blocks drawn at random, the same for both; what is
/// close to the bar counts in part, for what a model of a workload is off in any case. Always the
/// same for the same blocks. Preconditions: as many blocks of both, ahead > 0.
[[nodiscard]] double ChanceToBeat(const std::vector<Block>& policy, const std::vector<Block>& hpa,
                                  double ahead);

}  // namespace hpaplus::rehearse
