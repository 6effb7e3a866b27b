#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

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

  /// The last usable one, if the reading names the pod more than once.
  [[nodiscard]] std::optional<PodSample> Find(std::string_view pod);

  struct Sum {
    std::int64_t pods = 0;
    Int128 milli = 0;
  };
  /// Over all pods of the reading, those that nobody looked up included.
  [[nodiscard]] Sum Total();

  /// Nothing was measured for any of this namespace's pods.
  [[nodiscard]] bool empty() const { return usage_.empty() && values_.empty(); }

  /// Why samples were refused so far; kNone: none was.
  [[nodiscard]] Reason refused() const { return refused_; }

 private:
  std::optional<PodSample> Take(const PodUsage& item);
  std::optional<PodSample> Take(const PodValue& item);
  std::optional<PodSample> Accept(const PodSample& sample);
  template <class Item>
  std::span<const Item> SamplesOf(std::string_view pod, std::span<const Item> items);
  template <class Item>
  std::optional<PodSample> LastUsable(std::span<const Item> same_pod);
  template <class Item>
  Sum TotalOf(std::span<const Item> items);

  const PodQuantity quantity_;
  const Freshness freshness_;
  std::span<const PodUsage> usage_;  // Of our namespace.
  std::span<const PodValue> values_;
  std::size_t next_ = 0;  // Where the sample after the one found last lies.
  Reason refused_ = Reason::kNone;
};

}  // namespace hpaplus::policies
