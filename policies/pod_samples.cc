#include "policies/pod_samples.h"

#include <algorithm>

namespace hpaplus::policies {

MilliRange MilliRange::Of(const Validity& validity) {
  MilliRange range;
  if (validity.min) range.least = std::max<std::int64_t>(validity.min->MilliValue(), 0);
  if (validity.max) range.most = validity.max->MilliValue();
  return range;
}

PodSamples::PodSamples(const Reading& reading, const PodQuantity& quantity,
                       const Freshness& freshness)
    : quantity_(quantity), freshness_(freshness), usage_(reading.pod_usage) {
  if (quantity.resource.empty()) {
    values_ = reading.pod_values;
    end_ = static_cast<std::uint32_t>(values_.size());
  } else {
    column_ = usage_.Column(quantity.resource);
    const PodUsageTable::Range pods = usage_.Namespace(quantity.ns);
    begin_ = pods.begin;
    end_ = pods.end;
  }
  next_ = begin_;
}

// The first item that is not before this pod.
std::uint32_t PodSamples::Search(std::string_view pod) const {
  std::uint32_t begin = begin_;
  std::uint32_t end = end_;
  while (begin != end) {
    const std::uint32_t middle = begin + (end - begin) / 2;
    if (NameAt(middle) < pod) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

PodSamples::Sum PodSamples::Total() {
  Sum sum;
  for (std::uint32_t begin = begin_; begin != end_;) {
    std::uint32_t end = begin + 1;
    while (end != end_ && NameAt(end) == NameAt(begin))
      ++end;
    if (const PodSample* const sample = LastUsable(begin, end)) {
      ++sum.pods;
      sum.milli += sample->milli;
    }
    begin = end;
  }
  return sum;
}

}  // namespace hpaplus::policies
