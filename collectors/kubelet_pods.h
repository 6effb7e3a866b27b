#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collectors/kubelet_counter.h"
#include "engine/base/result.h"
#include "engine/model/reading.h"
#include "engine/model/timed_value.h"

namespace hpaplus::collectors {

/// The two pages of a kubelet: /metrics/resource has what pods use of cpu and memory,
/// /metrics/cadvisor their network traffic, among much else.
enum class KubeletPage { kResource, kCadvisor };

[[nodiscard]] std::string_view PathOf(KubeletPage page);

/// Makes what pods use out of one page of one kubelet, as it is read over and over.
///
/// A kubelet measures a container every ten seconds or so and shows that measurement with its time
/// until the next one. So a time that was seen before is the same measurement: a rate is that
/// between two measurements, its time is the later one, and what a kubelet has stopped measuring
/// grows old instead of falling to zero. Counters that start over are followed. Not thread-safe.
class KubeletPods {
 public:
  struct Rules {
    /// Rates are over at least this long, if measurements go back so far.
    Duration rate_window = std::chrono::seconds(5);
    std::size_t series_most = 100'000;  // That count for us, in one page.
  };
  /// When the page was read: `latest` is the latest time that a measurement can have.
  struct Read {
    Timestamp at{};
    Timestamp latest{};
  };

  KubeletPods(KubeletPage page, const Rules& rules) : page_(page), rules_(rules) {}

  /// All pods of the page, ordered by (ns, pod). Of kResource, by container: "cpu" in thousandths
  /// of a core, "memory" in those of a byte. Of kCadvisor, in one container without a name: the
  /// metrics of pod_network.h. The time is that of the oldest number. A counter that was seen only
  /// once has no rate: its container lacks that resource. An error leaves everything as it was.
  [[nodiscard]] Result<std::vector<PodUsage>> Take(std::string_view body, const Read& read);

 private:
  struct Family;
  struct Seen;
  // One container of kResource, or one network interface of kCadvisor.
  struct Part {
    std::array<KubeletCounter, 2> counters;
    std::optional<TimedValue> gauge;
  };
  struct PodKey {
    std::string ns;
    std::string pod;
    auto operator<=>(const PodKey&) const = default;
  };
  using Parts = std::map<std::string, Part, std::less<>>;

  [[nodiscard]] static std::span<const Family> FamiliesOf(KubeletPage page);
  [[nodiscard]] Result<std::vector<Seen>> Parse(std::string_view body, Timestamp now) const;
  [[nodiscard]] static Part TakeOut(std::map<PodKey, Parts>& from, const Seen& seen);
  void TakeSample(const Seen& seen, Timestamp latest, Part& part) const;
  [[nodiscard]] static std::optional<double> NumberOf(const Part& part, const Family& family,
                                                      PodUsage& usage);
  [[nodiscard]] std::vector<ContainerUsage> ByContainer(const Parts& parts, PodUsage& usage) const;
  [[nodiscard]] ContainerUsage Summed(const Parts& parts, PodUsage& usage) const;
  [[nodiscard]] PodUsage UsageOf(const PodKey& key, const Parts& parts) const;

  const KubeletPage page_;
  const Rules rules_;
  std::map<PodKey, Parts> pods_;
};

}  // namespace hpaplus::collectors
