#pragma once

#include <span>

#include "engine/core/combine.h"
#include "engine/model/combine_spec.h"
#include "engine/model/metric_spec.h"

namespace hpaplus {

/// The proposals of all metrics that vote as one, by the object's strategy:
///
///     Max        the largest (see Combine)
///     Min        the smallest
///     Average    ceil(sum of proposals / number of them)
///     Weighted   ceil(sum of weight * proposal / sum of weights); all 0 are taken for all 1
///     Priority   the first of spec.metrics that is known
///     Formula    ceil(formula over the proposals of the metrics that it names)
///
/// For every strategy: a metric that is unknown counts as a vote for the current size, and as long
/// as there is one nothing shrinks; when all are unknown nothing is known. A formula without a
/// finite value, or with a negative one, says nothing.
[[nodiscard]] Combined CombineBy(const CombineSpec& how, std::span<const MetricSpec> specs,
                                 std::span<const MetricOutcome> metrics, Replicas current);

}  // namespace hpaplus
