#pragma once

#include "engine/model/formula.h"

namespace hpaplus {

/// How the sizes that metrics ask for become one.
enum class CombineStrategy {
  kMax,       // The largest: the HPA's rule.
  kMin,       // The smallest.
  kAverage,   // Their mean, rounded up.
  kWeighted,  // Their mean by spec.metrics[].weight, rounded up.
  kPriority,  // The first of spec.metrics that is known.
  kFormula,
};

struct CombineSpec {
  CombineStrategy strategy = CombineStrategy::kMax;
  SharedFormula formula;  // kFormula alone, and there never none.
  bool operator==(const CombineSpec&) const = default;
};

}  // namespace hpaplus
