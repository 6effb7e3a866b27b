#include "engine/model/pod_usage.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/base/same_text.h"

namespace hpaplus {

PodUsageTable::PodUsageTable(std::span<const PodUsage> pods) {
  for (const PodUsage& pod : pods) {
    BeginPod();
    SetNamespace(pod.ns);
    SetName(pod.pod);
    SetTime(pod.at);
    SetWindow(pod.window);
    for (const ContainerUsage& container : pod.containers) {
      BeginContainer();
      SetContainer(container.name);
      for (const auto& [resource, milli] : container.milli)
        HPAPLUS_CHECK(Add(resource, milli));
    }
  }
}

// The index of a resource's column, or how many there are.
std::size_t PodUsageTable::FindColumn(std::string_view resource, std::size_t likely) const {
  if (likely < columns_.size() && SameText(columns_[likely].resource, resource)) return likely;
  const auto found = std::ranges::find_if(
      columns_, [resource](const Values& values) { return SameText(values.resource, resource); });
  return static_cast<std::size_t>(found - columns_.begin());
}

std::span<const std::int64_t> PodUsageTable::Column(std::string_view resource) const {
  const std::size_t index = FindColumn(resource, 0);
  if (index == columns_.size()) return {};
  return columns_[index].milli;
}

std::span<std::int64_t> PodUsageTable::Column(std::string_view resource) {
  const std::size_t index = FindColumn(resource, 0);
  if (index == columns_.size()) return {};
  return columns_[index].milli;
}

PodUsageTable::Range PodUsageTable::Namespace(std::string_view ns) const {
  const auto name = [this](const Row& row) { return TextAt(row.ns); };
  const auto first = std::ranges::lower_bound(pods_, ns, {}, name);
  const auto last = std::ranges::upper_bound(pods_, ns, {}, name);
  return {static_cast<std::uint32_t>(first - pods_.begin()),
          static_cast<std::uint32_t>(last - pods_.begin())};
}

PodUsage PodUsageTable::PodAt(std::uint32_t pod) const {
  PodUsage usage{std::string(ns(pod)), std::string(name(pod)), at(pod), window(pod), {}};
  const Range range = containers(pod);
  for (std::uint32_t c = range.begin; c != range.end; ++c) {
    ContainerUsage& one = usage.containers.emplace_back();
    one.name = container(c);
    for (const Values& values : columns_) {
      if (values.milli[c] != kAbsent) one.milli.emplace_back(values.resource, values.milli[c]);
    }
  }
  return usage;
}

std::vector<PodUsage> PodUsageTable::Pods() const {
  std::vector<PodUsage> pods;
  pods.reserve(size());
  for (std::uint32_t i = 0; i < size(); ++i)
    pods.push_back(PodAt(i));
  return pods;
}

PodUsageTable::Text PodUsageTable::Keep(std::string_view text) {
  HPAPLUS_CHECK(texts_.size() + text.size() <= std::numeric_limits<std::uint32_t>::max());
  const Text kept{static_cast<std::uint32_t>(texts_.size()),
                  static_cast<std::uint32_t>(text.size())};
  texts_.append(text);
  return kept;
}

void PodUsageTable::Reserve(std::size_t pods) {
  constexpr std::size_t kUsualNameBytes = 32;
  constexpr std::size_t kUsualContainers = 2;
  pods_.reserve(pods);
  containers_.reserve(pods * kUsualContainers);
  texts_.reserve(pods * kUsualNameBytes);
}

void PodUsageTable::BeginPod() {
  Row& row = pods_.emplace_back();
  row.containers = container_count();
}

// Pods of one namespace follow each other, and pods of one workload have the same containers: such
// names are kept once.
void PodUsageTable::SetNamespace(std::string_view ns) {
  const bool again = pods_.size() > 1 && SameText(TextAt(pods_[pods_.size() - 2].ns), ns);
  pods_.back().ns = again ? pods_[pods_.size() - 2].ns : Keep(ns);
}

void PodUsageTable::SetName(std::string_view name) {
  pods_.back().name = Keep(name);
}

void PodUsageTable::BeginContainer() {
  containers_.emplace_back();
  for (Values& values : columns_)
    values.milli.push_back(kAbsent);
  likely_column_ = 0;
}

void PodUsageTable::SetContainer(std::string_view name) {
  const std::size_t index = containers_.size() - 1 - pods_.back().containers;
  if (pods_.size() > 1) {
    const std::size_t other = pods_[pods_.size() - 2].containers + index;
    if (other < pods_.back().containers && SameText(TextAt(containers_[other]), name)) {
      containers_.back() = containers_[other];
      return;
    }
  }
  containers_.back() = Keep(name);
}

bool PodUsageTable::Add(std::string_view resource, std::int64_t milli) {
  const std::size_t index = FindColumn(resource, likely_column_);
  if (index == columns_.size()) {
    if (columns_.size() == kMaxResources) return false;
    columns_.push_back(
        {std::string(resource), std::vector<std::int64_t>(containers_.size(), kAbsent)});
    columns_.back().milli.reserve(containers_.capacity());
  }
  // A number that looks like an absent one is refused as what does not fit is.
  columns_[index].milli.back() = milli == kAbsent ? kAbsent - 1 : milli;
  likely_column_ = index + 1;
  return true;
}

void PodUsageTable::AppendPod(const PodUsageTable& other, std::uint32_t pod) {
  BeginPod();
  SetNamespace(other.ns(pod));
  SetName(other.name(pod));
  SetTime(other.at(pod));
  SetWindow(other.window(pod));
  const Range range = other.containers(pod);
  for (std::uint32_t c = range.begin; c != range.end; ++c) {
    BeginContainer();
    SetContainer(other.container(c));
    for (const Values& values : other.columns_) {
      if (values.milli[c] != kAbsent) (void)Add(values.resource, values.milli[c]);
    }
  }
}

void PodUsageTable::Append(const PodUsageTable& other) {
  for (std::uint32_t pod = 0; pod < other.size(); ++pod)
    AppendPod(other, pod);
}

void PodUsageTable::SortAndKeepLast() {
  const auto order = [this](std::uint32_t a, std::uint32_t b) {
    const int by_ns = ns(a).compare(ns(b));
    return by_ns != 0 ? by_ns : name(a).compare(name(b));
  };
  std::vector<std::uint32_t> indexes(size());
  std::iota(indexes.begin(), indexes.end(), 0U);
  const auto not_ascending = [&order](std::uint32_t a, std::uint32_t b) {
    return order(a, b) >= 0;
  };
  if (std::ranges::adjacent_find(indexes, not_ascending) == indexes.end()) return;
  std::ranges::stable_sort(indexes, [&order](auto a, auto b) { return order(a, b) < 0; });
  PodUsageTable sorted;
  sorted.Reserve(size());
  for (std::size_t i = 0; i < indexes.size(); ++i) {
    const bool last = i + 1 == indexes.size() || order(indexes[i], indexes[i + 1]) != 0;
    if (last) sorted.AppendPod(*this, indexes[i]);
  }
  *this = std::move(sorted);
}

}  // namespace hpaplus
