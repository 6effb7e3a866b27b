#include "policies/pod_samples.h"

#include <algorithm>

#include "engine/base/same_text.h"

namespace hpaplus::policies {
namespace {

// Thousandths of one resource over all containers or of the named one; null when a container that
// is needed reports nothing.
std::optional<std::int64_t> UsageMilli(const PodUsage& item, const PodQuantity& quantity) {
  Int128 sum = 0;
  for (const ContainerUsage& container : item.containers) {
    if (!quantity.container.empty() && !SameText(container.name, quantity.container)) continue;
    const auto found = std::ranges::find_if(container.milli, [&quantity](const auto& entry) {
      return SameText(entry.first, quantity.resource);
    });
    if (found == container.milli.end()) return std::nullopt;
    if (!quantity.container.empty() || found->second < 0) return found->second;
    sum += found->second;
  }
  if (!quantity.container.empty() || item.containers.empty()) return std::nullopt;
  return SaturateToInt64(sum);
}

}  // namespace

MilliRange MilliRange::Of(const Validity& validity) {
  MilliRange range;
  if (validity.min) range.least = std::max<std::int64_t>(validity.min->MilliValue(), 0);
  if (validity.max) range.most = validity.max->MilliValue();
  return range;
}

PodSamples::PodSamples(const Reading& reading, const PodQuantity& quantity,
                       const Freshness& freshness)
    : quantity_(quantity), freshness_(freshness) {
  if (quantity.resource.empty()) {
    values_ = reading.pod_values;
  } else {
    const auto ns = [](const PodUsage& item) { return std::string_view(item.ns); };
    const auto first = std::ranges::lower_bound(reading.pod_usage, quantity.ns, {}, ns);
    const auto last = std::ranges::upper_bound(reading.pod_usage, quantity.ns, {}, ns);
    usage_ = {first, last};
  }
}

std::optional<PodSample> PodSamples::Accept(const PodSample& sample) {
  const Reason time = freshness_.Check(sample.at);
  const MilliRange& range = quantity_.range;
  const bool outside = sample.milli < range.least || sample.milli > range.most;
  const Reason range_reason = sample.milli < 0 ? Reason::kInvalidData : Reason::kOutOfRange;
  const Reason reason = outside ? range_reason : time;
  if (reason == Reason::kNone) return sample;
  refused_ = reason;
  return std::nullopt;
}

std::optional<PodSample> PodSamples::Take(const PodUsage& item) {
  const auto milli = UsageMilli(item, quantity_);
  if (!milli) return std::nullopt;
  return Accept({item.at, item.window, *milli});
}

std::optional<PodSample> PodSamples::Take(const PodValue& item) {
  return Accept({item.at, item.window, item.milli});
}

template <class Item>
std::optional<PodSample> PodSamples::LastUsable(std::span<const Item> same_pod) {
  for (std::size_t i = same_pod.size(); i-- > 0;) {
    if (auto sample = Take(same_pod[i])) return sample;
  }
  return std::nullopt;
}

// Pods mostly come in the order of the samples: the next one is tried before it is searched for.
template <class Item>
std::span<const Item> PodSamples::SamplesOf(std::string_view pod, std::span<const Item> items) {
  std::size_t begin = next_;
  if (begin >= items.size() || !SameText(items[begin].pod, pod)) {
    const auto found = std::ranges::lower_bound(
        items, pod, {}, [](const Item& item) { return std::string_view(item.pod); });
    begin = static_cast<std::size_t>(found - items.begin());
  }
  std::size_t end = begin;
  while (end < items.size() && SameText(items[end].pod, pod))
    ++end;
  next_ = end;
  return items.subspan(begin, end - begin);
}

std::optional<PodSample> PodSamples::Find(std::string_view pod) {
  return quantity_.resource.empty() ? LastUsable(SamplesOf(pod, values_))
                                    : LastUsable(SamplesOf(pod, usage_));
}

template <class Item>
PodSamples::Sum PodSamples::TotalOf(std::span<const Item> items) {
  Sum sum;
  for (std::size_t begin = 0; begin < items.size();) {
    std::size_t end = begin + 1;
    while (end < items.size() && items[end].pod == items[begin].pod)
      ++end;
    if (const auto sample = LastUsable(items.subspan(begin, end - begin))) {
      ++sum.pods;
      sum.milli += sample->milli;
    }
    begin = end;
  }
  return sum;
}

PodSamples::Sum PodSamples::Total() {
  return quantity_.resource.empty() ? TotalOf(values_) : TotalOf(usage_);
}

}  // namespace hpaplus::policies
