#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/policy.h"
#include "engine/rehearse/chance.h"
#include "engine/rehearse/scores.h"
#include "engine/rehearse/trace.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::rehearse {

/// What many policies meet alike: a demand and a plant. What every step needs is computed once.
/// Immutable, so threads may share it.
class Situation {
 public:
  /// Steps in a row that need the same.
  struct Need {
    std::int64_t until = 0;  // The first step after them.
    Replicas replicas = 0;
  };

  Situation(Trace trace, const RunOptions& options);

  [[nodiscard]] const Trace& trace() const { return trace_; }
  [[nodiscard]] const RunOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<Need>& needs() const { return needs_; }
  /// Of how many steps a block of a run is.
  [[nodiscard]] std::int64_t block_steps() const { return block_steps_; }

 private:
  Trace trace_;
  RunOptions options_;
  std::vector<Need> needs_;
  std::int64_t block_steps_ = 1;
};

/// What a run came to, in all and block by block.
struct DirectScores {
  Scores scores;
  std::vector<Block> blocks;
};

/// The scores that RunEngine gives, for those who want many: Decide alone, called when the engine
/// would and with what it would have read, and the plant looked at only when something happens. The
/// engine in its world stays the reference; tests compare the two.
[[nodiscard]] DirectScores RunDirect(const WorkloadSpec& spec, const Situation& situation,
                                     const PolicyFactory& policies, Timestamp start);

}  // namespace hpaplus::rehearse
