#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus {

struct ContainerUsage {
  std::string name;
  std::vector<std::pair<std::string, std::int64_t>> milli;  // Resource name -> thousandths.
  bool operator==(const ContainerUsage&) const = default;
};

/// One PodMetrics item of metrics.k8s.io as an object of its own.
struct PodUsage {
  std::string ns;
  std::string pod;
  Timestamp at{};
  Duration window{};
  std::vector<ContainerUsage> containers;
  bool operator==(const PodUsage&) const = default;
};

/// The PodMetrics items of one answer in columns: what a million pods use takes a few blocks of
/// memory, and a decision reads one number per container. Pods and containers go by their index,
/// which is not checked.
class PodUsageTable {
 public:
  /// Stands for a container's number of a resource that it reports nothing of.
  static constexpr std::int64_t kAbsent = std::numeric_limits<std::int64_t>::min() + 1;
  /// More different resources than that are refused; see Add.
  static constexpr std::size_t kMaxResources = 64;

  /// Indexes from `begin` until before `end`.
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  PodUsageTable() = default;
  /// In the order given.
  explicit PodUsageTable(std::span<const PodUsage> pods);

  [[nodiscard]] bool empty() const { return pods_.empty(); }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(pods_.size()); }

  [[nodiscard]] std::string_view ns(std::uint32_t pod) const {
    return TextAt(pods_.data()[pod].ns);
  }
  [[nodiscard]] std::string_view name(std::uint32_t pod) const {
    return TextAt(pods_.data()[pod].name);
  }
  [[nodiscard]] Timestamp at(std::uint32_t pod) const { return pods_.data()[pod].at; }
  [[nodiscard]] Duration window(std::uint32_t pod) const { return pods_.data()[pod].window; }
  [[nodiscard]] Range containers(std::uint32_t pod) const {
    const Row* const row = pods_.data() + pod;
    return {row->containers, pod + 1 == pods_.size() ? container_count() : row[1].containers};
  }
  [[nodiscard]] std::string_view container(std::uint32_t index) const {
    return TextAt(containers_.data()[index]);
  }

  /// A resource's numbers in thousandths, one per container of the table. Empty when no container
  /// reports it.
  [[nodiscard]] std::span<const std::int64_t> Column(std::string_view resource) const;
  [[nodiscard]] std::span<std::int64_t> Column(std::string_view resource);

  /// The pods of one namespace. Precondition: ordered by namespace.
  [[nodiscard]] Range Namespace(std::string_view ns) const;
  [[nodiscard]] PodUsage PodAt(std::uint32_t pod) const;
  [[nodiscard]] std::vector<PodUsage> Pods() const;

  void Reserve(std::size_t pods);
  /// A new pod without name, namespace or time; what follows belongs to it.
  void BeginPod();
  void SetNamespace(std::string_view ns);
  void SetName(std::string_view name);
  void SetTime(Timestamp at) { pods_.back().at = at; }
  void SetWindow(Duration window) { pods_.back().window = window; }
  /// A new container of the last pod; what follows belongs to it.
  void BeginContainer();
  void SetContainer(std::string_view name);
  /// Of two numbers of one resource the last one counts. False: it would be a resource too many.
  [[nodiscard]] bool Add(std::string_view resource, std::int64_t milli);

  /// Resources beyond kMaxResources are left out.
  void Append(const PodUsageTable& other);
  void SetTime(std::uint32_t pod, Timestamp at) { pods_[pod].at = at; }
  /// Orders by (ns, name). Of several items of one pod only the last one stays.
  void SortAndKeepLast();

 private:
  struct Text {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
  };
  struct Row {
    Text ns;
    Text name;
    Timestamp at{};
    Duration window{};
    std::uint32_t containers = 0;  // The first one.
  };
  struct Values {
    std::string resource;
    std::vector<std::int64_t> milli;
  };

  [[nodiscard]] std::string_view TextAt(Text text) const {
    return {texts_.data() + text.begin, text.size};
  }
  [[nodiscard]] std::uint32_t container_count() const {
    return static_cast<std::uint32_t>(containers_.size());
  }
  [[nodiscard]] Text Keep(std::string_view text);
  [[nodiscard]] std::size_t FindColumn(std::string_view resource, std::size_t likely) const;
  void AppendPod(const PodUsageTable& other, std::uint32_t pod);

  std::string texts_;
  std::vector<Row> pods_;
  std::vector<Text> containers_;  // Their names; a pod's lie side by side.
  std::vector<Values> columns_;
  std::size_t likely_column_ = 0;  // Pods name their resources in one order.
};

}  // namespace hpaplus
