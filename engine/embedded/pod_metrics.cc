#include "engine/embedded/pod_metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/embedded/annotations.h"
#include "engine/embedded/owners.h"

namespace hpaplus::embedded {
namespace {

constexpr double kNanosPerCore = 1e9;
constexpr double kBytesPerKi = 1024;

// What the annotations of a workload say, and how many pods share it.
struct Load {
  std::optional<double> cpu_total;
  std::optional<double> cpu_per_pod_max;
  std::optional<double> memory_per_pod;
  std::int64_t ready = 0;

  [[nodiscard]] std::optional<double> CpuPerPod() const {
    if (!cpu_total || ready == 0) return std::nullopt;
    const double share = *cpu_total / static_cast<double>(ready);
    return cpu_per_pod_max ? std::min(share, *cpu_per_pod_max) : share;
  }
};

std::optional<double> AmountAt(const Json& object, const char* annotation) {
  const Result<Quantity> quantity = Quantity::Parse(Annotation(object, annotation));
  if (!quantity || quantity->Sign() < 0) return std::nullopt;
  return quantity->AsDouble();
}

Load LoadOf(const Json& workload) {
  return {AmountAt(workload, kCpuTotal), AmountAt(workload, kCpuPerPodMax),
          AmountAt(workload, kMemoryPerPod), 0};
}

Json UsageJson(std::optional<double> cpu_cores, std::optional<double> memory_bytes) {
  Json usage = Json::object();
  if (cpu_cores) usage["cpu"] = fmt::format("{:.0f}n", std::ceil(*cpu_cores * kNanosPerCore));
  if (memory_bytes)
    usage["memory"] = fmt::format("{:.0f}Ki", std::ceil(*memory_bytes / kBytesPerKi));
  return usage;
}

std::optional<double> Part(std::optional<double> whole, std::size_t parts) {
  if (!whole) return std::nullopt;
  return *whole / static_cast<double>(parts);
}

}  // namespace

void PodMetrics::Scrape(Timestamp now) {
  const Result<Listing> pods = store_.List("/pods", "");
  if (!pods) return;
  std::map<std::string, ObjectPtr> workloads;  // By the uid of a pod's own controller.
  std::map<std::string, Load> loads;           // By the uid of the workload.
  std::vector<std::pair<ObjectPtr, std::string>> ready;
  for (const ObjectPtr& pod : pods->objects) {
    const Json* reference = ControllerReference(*pod);
    if (reference == nullptr || !IsPodReady(*pod)) continue;
    const auto [it, fresh] = workloads.try_emplace(Text(*reference, "uid"));
    if (fresh) it->second = WorkloadOf(store_, resources_, *pod);
    if (it->second == nullptr) continue;
    const std::string uid = Text(*it->second, "metadata.uid");
    const auto [load, unseen] = loads.try_emplace(uid);
    if (unseen) load->second = LoadOf(*it->second);
    ++load->second.ready;
    ready.emplace_back(pod, uid);
  }
  std::vector<Usage> usages;
  for (const auto& [pod, uid] : ready) {
    const Load& load = loads.at(uid);
    Usage usage{pod, load.CpuPerPod(), load.memory_per_pod};
    if (usage.cpu_cores || usage.memory_bytes) usages.push_back(std::move(usage));
  }
  const MutexLock lock(mutex_);
  usages_ = std::move(usages);
  scraped_ = now;
}

Json PodMetrics::ItemOf(const Usage& usage, Timestamp at) const {
  Json metadata{{"name", Text(*usage.pod, "metadata.name")},
                {"namespace", Text(*usage.pod, "metadata.namespace")},
                {"creationTimestamp", FormatRfc3339(at)}};
  if (const Json* labels = Find(*usage.pod, "metadata.labels")) metadata["labels"] = *labels;
  Json containers = Json::array();
  const Json* specs = Find(*usage.pod, "spec.containers");
  if (specs != nullptr && specs->is_array()) {
    for (const Json& spec : *specs) {
      containers.push_back({{"name", Text(spec, "name")},
                            {"usage", UsageJson(Part(usage.cpu_cores, specs->size()),
                                                Part(usage.memory_bytes, specs->size()))}});
    }
  }
  return {{"metadata", std::move(metadata)},
          {"timestamp", FormatRfc3339(at)},
          {"window", FormatDuration(window_)},
          {"containers", std::move(containers)}};
}

Json PodMetrics::List(const std::string& ns, const LabelSelector& selector) const {
  const MutexLock lock(mutex_);
  Json items = Json::array();
  for (const Usage& usage : usages_) {
    if (!ns.empty() && Text(*usage.pod, "metadata.namespace") != ns) continue;
    if (!selector.Matches(Find(*usage.pod, "metadata.labels"))) continue;
    items.push_back(ItemOf(usage, scraped_));
  }
  return {{"kind", "PodMetricsList"},
          {"apiVersion", "metrics.k8s.io/v1beta1"},
          {"metadata", Json::object()},
          {"items", std::move(items)}};
}

std::optional<Json> PodMetrics::Get(const std::string& ns, const std::string& name) const {
  const MutexLock lock(mutex_);
  for (const Usage& usage : usages_) {
    if (Text(*usage.pod, "metadata.name") != name) continue;
    if (Text(*usage.pod, "metadata.namespace") != ns) continue;
    Json item{{"kind", "PodMetrics"}, {"apiVersion", "metrics.k8s.io/v1beta1"}};
    Merge(item, ItemOf(usage, scraped_));
    return item;
  }
  return std::nullopt;
}

Json PodMetrics::Nodes() const {
  double cpu = 0;
  double memory = 0;
  const MutexLock lock(mutex_);
  for (const Usage& usage : usages_) {
    cpu += usage.cpu_cores.value_or(0);
    memory += usage.memory_bytes.value_or(0);
  }
  Json item{{"metadata", {{"name", "embedded"}, {"creationTimestamp", FormatRfc3339(scraped_)}}},
            {"timestamp", FormatRfc3339(scraped_)},
            {"window", FormatDuration(window_)},
            {"usage", UsageJson(cpu, memory)}};
  return {{"kind", "NodeMetricsList"},
          {"apiVersion", "metrics.k8s.io/v1beta1"},
          {"metadata", Json::object()},
          {"items", Json::array({std::move(item)})}};
}

}  // namespace hpaplus::embedded
