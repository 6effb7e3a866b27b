#include "collectors/pod_sample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/base/hash.h"

namespace hpaplus::collectors {
namespace {

// FNV's upper bits hardly differ between names that differ at their ends only.
std::uint64_t Scatter(std::uint64_t hash) {
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
  return hash ^ (hash >> 31U);
}

// The two-sided 95 % quantile of Student's t, rounded up for the degrees in between.
double StudentsT(std::size_t degrees) {
  constexpr std::array<std::pair<std::size_t, double>, 7> kTable = {
      {{200, 1.972}, {100, 1.984}, {50, 2.009}, {30, 2.043}, {20, 2.086}, {9, 2.263}, {4, 2.777}}};
  for (const auto& [at_least, t] : kTable) {
    if (degrees >= at_least) return t;
  }
  return 12.71;  // One degree.
}

}  // namespace

std::vector<PodAddress> SampleOf(std::vector<PodAddress> pods, std::size_t most) {
  if (pods.size() <= most) return pods;
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  order.reserve(pods.size());
  for (std::size_t i = 0; i < pods.size(); ++i)
    order.emplace_back(Scatter(Fnv1a(pods[i].name)), i);
  std::ranges::sort(order);
  order.resize(most);
  std::ranges::sort(order, {}, &std::pair<std::uint64_t, std::size_t>::second);
  std::vector<PodAddress> sample;
  sample.reserve(most);
  for (const auto& [hash, index] : order)
    sample.push_back(std::move(pods[index]));
  return sample;
}

EstimatedSum EstimateSum(std::span<const double> values, std::size_t population) {
  const auto n = static_cast<double>(values.size());
  const auto all = static_cast<double>(population);
  double sum = 0;
  for (const double value : values)
    sum += value;
  if (values.size() >= population) return {sum, 0};
  if (values.size() < 2) return {sum * all / n, std::numeric_limits<double>::infinity()};
  double squares = 0;
  for (const double value : values)
    squares += (value - sum / n) * (value - sum / n);
  const double deviation = std::sqrt(squares / (n - 1) / n * (1 - n / all));
  return {sum / n * all, StudentsT(values.size() - 1) * deviation * all};
}

}  // namespace hpaplus::collectors
