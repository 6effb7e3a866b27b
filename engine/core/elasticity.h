#pragma once

#include "engine/core/trail.h"
#include "engine/model/behavior.h"

namespace hpaplus {

[[nodiscard]] bool HasElasticity(const Behavior& behavior);

/// Takes a share of the asked change, the one of its direction:
///
///     size = current + elasticity * (asked - current), rounded away from current
///
/// Below 1 it damps, above 1 it overshoots on purpose, at 1 nothing happens. Rounding away leads
/// to the asked size in the end, however small the share. The evidence is the elasticity.
[[nodiscard]] StageResult TakeShare(Replicas current, Replicas asked, const Behavior& behavior);

}  // namespace hpaplus
