#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::collectors {

/// At most `most` of the pods, ordered by name: those with the smallest hashes of their names. So
/// it is the same sample every time, a pod that comes or goes changes at most one place in it, and
/// nobody's name is preferred.
[[nodiscard]] std::vector<PodAddress> SampleOf(std::vector<PodAddress> pods, std::size_t most);

/// What a sample without replacement says of the sum over a whole population.
struct EstimatedSum {
  double sum = 0;
  double margin = 0;  // The sum lies within sum +- margin with a confidence of 95 %.
};

/// `values` is of each member of the sample; the population has at least as many members. With
/// Student's t for small samples and the correction for a finite population: a sample of everybody
/// has no margin.
[[nodiscard]] EstimatedSum EstimateSum(std::span<const double> values, std::size_t population);

}  // namespace hpaplus::collectors
