#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "engine/base/same_text.h"
#include "engine/core/freshness.h"
#include "engine/core/pod_groups.h"
#include "engine/core/rounding.h"
#include "engine/model/reading.h"
#include "engine/model/reason.h"
#include "engine/model/safety.h"

namespace hpaplus::policies {

/// Which samples of pods are usable, in thousandths. Never a negative one.
struct MilliRange {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] static MilliRange Of(const Validity& validity);
  bool operator==(const MilliRange&) const = default;
};

/// Which number of a reading is a pod's sample.
struct PodQuantity {
  std::string_view ns;         // Of the workload.
  std::string_view resource;   // Empty: a Pods metric, which has one number per pod.
  std::string_view container;  // Empty: the sum over the pod's containers.
  MilliRange range;
};

/// The samples of one per-pod reading, looked up by the pod's name. A sample that is stale, from
/// the future, out of range or no number is as good as none; `refused()` remembers why it was.
/// A view: the reading must outlive it.
class PodSamples {
 public:
  PodSamples(const Reading& reading, const PodQuantity& quantity, const Freshness& freshness);

  /// The last usable one, if the reading names the pod more than once; null when there is none.
  /// Good until the next call.
  [[nodiscard]] const PodSample* Find(std::string_view pod);

  struct Sum {
    std::int64_t pods = 0;
    Int128 milli = 0;
  };
  /// Over all pods of the reading, those that nobody looked up included.
  [[nodiscard]] Sum Total();

  /// Nothing was measured for any of this namespace's pods.
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  /// Why samples were refused so far; kNone: none was.
  [[nodiscard]] Reason refused() const { return refused_; }

 private:
  [[nodiscard]] std::string_view NameAt(std::uint32_t item) const {
    return values_.empty() ? usage_.name(item) : std::string_view(values_[item].pod);
  }
  [[nodiscard]] std::uint32_t Search(std::string_view pod) const;
  [[nodiscard]] std::int64_t UsageMilli(std::uint32_t pod) const;
  bool TakeSample(std::uint32_t item);
  bool IsUsable();
  const PodSample* LastUsable(std::uint32_t begin, std::uint32_t end);

  const PodQuantity quantity_;
  const Freshness freshness_;
  const PodUsageTable& usage_;
  std::span<const std::int64_t> column_;  // Of our resource.
  std::span<const PodValue> values_;      // Empty: `usage_` it is.
  std::uint32_t begin_ = 0;               // Our namespace's items, of either.
  std::uint32_t end_ = 0;
  std::uint32_t next_ = 0;  // Where the sample after the one found last lies.
  PodSample sample_;        // Looked at last.
  Reason refused_ = Reason::kNone;
};

// Here is what a decision does once per pod and metric, for the compiler to see all of it.

inline bool PodSamples::IsUsable() {
  const MilliRange& range = quantity_.range;
  const bool outside = sample_.milli < range.least || sample_.milli > range.most;
  const bool untimely = sample_.at < freshness_.oldest || sample_.at > freshness_.newest;
  if (!outside && !untimely) return true;
  const Reason range_reason = sample_.milli < 0 ? Reason::kInvalidData : Reason::kOutOfRange;
  refused_ = outside ? range_reason : freshness_.Check(sample_.at);
  return false;
}

// Over all containers or of the named one; kAbsent when one that is needed reports nothing.
inline std::int64_t PodSamples::UsageMilli(std::uint32_t pod) const {
  if (column_.empty()) return PodUsageTable::kAbsent;
  const auto [begin, end] = usage_.containers(pod);
  if (!quantity_.container.empty()) {
    for (std::uint32_t i = begin; i != end; ++i) {
      if (SameText(usage_.container(i), quantity_.container)) return column_[i];
    }
    return PodUsageTable::kAbsent;
  }
  std::int64_t sum = begin == end ? PodUsageTable::kAbsent : 0;
  for (std::uint32_t i = begin; i != end; ++i) {
    if (column_[i] < 0) return column_[i];
    if (__builtin_add_overflow(sum, column_[i], &sum)) {
      return std::numeric_limits<std::int64_t>::max();
    }
  }
  return sum;
}

// False: there is none.
inline bool PodSamples::TakeSample(std::uint32_t item) {
  if (!values_.empty()) {
    const PodValue& value = values_[item];
    sample_.at = value.at;
    sample_.window = value.window;
    sample_.milli = value.milli;
    return true;
  }
  sample_.milli = UsageMilli(item);
  sample_.at = usage_.at(item);
  sample_.window = usage_.window(item);
  return sample_.milli != PodUsageTable::kAbsent;
}

inline const PodSample* PodSamples::LastUsable(std::uint32_t begin, std::uint32_t end) {
  while (end != begin) {
    if (TakeSample(--end) && IsUsable()) return &sample_;
  }
  return nullptr;
}

// Pods mostly come in the order of the samples: the next one is tried before it is searched for.
inline const PodSample* PodSamples::Find(std::string_view pod) {
  const bool expected = next_ != end_ && SameText(NameAt(next_), pod);
  const std::uint32_t begin = expected ? next_ : Search(pod);
  std::uint32_t end = begin;
  while (end != end_ && SameText(NameAt(end), pod))
    ++end;
  next_ = end;
  return LastUsable(begin, end);
}

}  // namespace hpaplus::policies
