#include "collectors/kubelet_pods.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "collectors/exposition.h"
#include "collectors/numbers.h"
#include "engine/model/pod_network.h"

namespace hpaplus::collectors {
namespace {

constexpr Duration kFutureSkew = std::chrono::seconds(2);
constexpr Duration kUsualWindow = std::chrono::seconds(10);

std::optional<Timestamp> TimeOf(double unix_seconds) {
  constexpr double kLatest = 4e9;  // The year 2096.
  if (!(unix_seconds >= 0 && unix_seconds <= kLatest)) return std::nullopt;
  return Timestamp(
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(unix_seconds)));
}

std::string_view LabelOf(std::span<const ExpositionLabel> labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &ExpositionLabel::name);
  return found == labels.end() ? std::string_view() : found->value;
}

}  // namespace

// A family of series that counts for us.
struct KubeletPods::Family {
  enum class Kind { kStart, kCounter, kGauge };
  std::string_view name;
  Kind kind = Kind::kGauge;
  std::string_view resource;  // Of kStart: none.
  std::size_t counter = 0;    // Of kCounter: its place in Part::counters.
};

// One number of a page; the texts are in the page.
struct KubeletPods::Seen {
  std::string_view ns;
  std::string_view pod;
  std::string part;
  const Family* family = nullptr;
  Timestamp at{};
  double value = 0;

  [[nodiscard]] auto Key() const { return std::tie(ns, pod, part, family); }
};

std::string_view PathOf(KubeletPage page) {
  return page == KubeletPage::kResource ? "/metrics/resource" : "/metrics/cadvisor";
}

std::span<const KubeletPods::Family> KubeletPods::FamiliesOf(KubeletPage page) {
  using Kind = Family::Kind;
  // When a container has started comes first: its counter is read in that light.
  static constexpr Family kResource[] = {
      {"container_start_time_seconds", Kind::kStart, ""},
      {"container_cpu_usage_seconds_total", Kind::kCounter, "cpu", 0},
      {"container_memory_working_set_bytes", Kind::kGauge, "memory"},
  };
  static constexpr Family kCadvisor[] = {
      {"container_network_receive_bytes_total", Kind::kCounter, kPodNetworkReceive, 0},
      {"container_network_transmit_bytes_total", Kind::kCounter, kPodNetworkTransmit, 1},
  };
  if (page == KubeletPage::kResource) return kResource;
  return kCadvisor;
}

Result<std::vector<KubeletPods::Seen>> KubeletPods::Parse(std::string_view body,
                                                          Timestamp now) const {
  const std::span<const Family> families = FamiliesOf(page_);
  ExpositionReader reader(body, ExpositionFormat::kPrometheusText, {});
  ExpositionReader::Sample sample;
  std::vector<Seen> seen;
  bool any = false;
  bool failed = false;
  ExpositionReader::Step step{};
  while ((step = reader.Next({}, sample)) == ExpositionReader::Step::kSample) {
    any = true;
    failed = failed || (sample.name.ends_with("scrape_error") && sample.value != 0);
    const auto family = std::ranges::find(families, sample.name, &Family::name);
    if (family == families.end()) continue;
    Seen one{.ns = LabelOf(sample.labels, "namespace"), .pod = LabelOf(sample.labels, "pod")};
    if (page_ == KubeletPage::kResource) {
      one.part = LabelOf(sample.labels, "container");
    } else {
      const std::string_view interface = LabelOf(sample.labels, "interface");
      if (interface == "lo") continue;
      // A pod that is made anew on its node may be there twice, in two groups of processes.
      one.part = fmt::format("{} {}", interface, LabelOf(sample.labels, "id"));
    }
    if (one.ns.empty() || one.pod.empty() || one.part.empty()) continue;  // The node's own.
    if (seen.size() == rules_.series_most) return reader.ErrorOfSample("there are too many series");
    one.family = &*family;
    one.at = sample.at.value_or(now);
    one.value = sample.value;
    seen.push_back(std::move(one));
  }
  if (step == ExpositionReader::Step::kMalformed) return reader.error();
  if (!any) return Error{ErrorCode::kMalformedData, "there are no metrics"};
  if (failed && seen.empty()) {
    return Error{ErrorCode::kUnavailable, "it says that it could not measure its containers"};
  }
  std::ranges::sort(seen, [](const Seen& a, const Seen& b) { return a.Key() < b.Key(); });
  const auto twice = std::ranges::adjacent_find(
      seen, [](const Seen& a, const Seen& b) { return a.Key() == b.Key(); });
  if (twice == seen.end()) return seen;
  return Error{ErrorCode::kMalformedData,
               fmt::format("{} of one container occurs twice", twice->family->name)};
}

// What lies in the future is shown, so that it is refused as such, but nothing is counted from it:
// the clock that it comes from will be put right some day.
void KubeletPods::TakeSample(const Seen& seen, Timestamp latest, Part& part) const {
  const bool ahead = seen.at > latest + kFutureSkew;
  switch (seen.family->kind) {
    case Family::Kind::kStart: {
      const std::optional<Timestamp> at = TimeOf(seen.value);
      if (at && *at <= latest) part.counters.front().StartedAt(*at);
      break;
    }
    case Family::Kind::kCounter: {
      KubeletCounter& counter = part.counters.at(seen.family->counter);
      if (ahead) {
        counter = {};
      } else {
        counter.Add(seen.at, seen.value, rules_.rate_window);
      }
      break;
    }
    case Family::Kind::kGauge: {
      const std::optional<TimedValue>& known = part.gauge;
      const bool late = known && seen.at < known->at && known->at <= latest + kFutureSkew;
      if (!late) part.gauge = {seen.at, seen.value};
      break;
    }
  }
}

// Null while there is none; otherwise the usage is as old as the number, or older.
std::optional<double> KubeletPods::NumberOf(const Part& part, const Family& family,
                                            PodUsage& usage) {
  switch (family.kind) {
    case Family::Kind::kStart:
      break;
    case Family::Kind::kCounter: {
      const auto rate = part.counters.at(family.counter).rate();
      if (!rate) break;
      usage.at = std::min(usage.at, rate->at);
      usage.window = std::max(usage.window, rate->window);
      return rate->per_second;
    }
    case Family::Kind::kGauge:
      if (!part.gauge) break;
      usage.at = std::min(usage.at, part.gauge->at);
      return part.gauge->value;
  }
  return std::nullopt;
}

std::vector<ContainerUsage> KubeletPods::ByContainer(const Parts& parts, PodUsage& usage) const {
  std::vector<ContainerUsage> containers;
  containers.reserve(parts.size());
  for (const auto& [name, part] : parts) {
    ContainerUsage& container = containers.emplace_back(ContainerUsage{.name = name, .milli = {}});
    for (const Family& family : FamiliesOf(page_)) {
      const std::optional<double> number = NumberOf(part, family, usage);
      if (number) container.milli.emplace_back(family.resource, MilliFromDouble(*number));
    }
  }
  return containers;
}

// A sum in which an interface is missing would be too small, so it is none.
ContainerUsage KubeletPods::Summed(const Parts& parts, PodUsage& usage) const {
  ContainerUsage pod;
  for (const Family& family : FamiliesOf(page_)) {
    std::optional<double> sum = 0;
    for (const auto& [name, part] : parts) {
      const std::optional<double> number = NumberOf(part, family, usage);
      sum = sum && number ? std::optional(*sum + *number) : std::nullopt;
    }
    if (sum) pod.milli.emplace_back(family.resource, MilliFromDouble(*sum));
  }
  return pod;
}

PodUsage KubeletPods::UsageOf(const PodKey& key, const Parts& parts) const {
  PodUsage usage{.ns = key.ns, .pod = key.pod, .at = Timestamp::max(), .window = {}};
  if (page_ == KubeletPage::kResource) {
    usage.containers = ByContainer(parts, usage);
  } else {
    usage.containers.push_back(Summed(parts, usage));
  }
  if (usage.window == Duration::zero()) usage.window = kUsualWindow;
  if (usage.at == Timestamp::max()) usage.at = {};
  return usage;
}

KubeletPods::Part KubeletPods::TakeOut(std::map<PodKey, Parts>& from, const Seen& seen) {
  const auto pod = from.find({std::string(seen.ns), std::string(seen.pod)});
  if (pod == from.end()) return {};
  auto known = pod->second.extract(seen.part);
  return known ? std::move(known.mapped()) : Part();
}

Result<std::vector<PodUsage>> KubeletPods::Take(std::string_view body, const Read& read) {
  const Result<std::vector<Seen>> seen = Parse(body, read.at);
  if (!seen) return seen.error();
  // What the page does not show any more is forgotten.
  std::map<PodKey, Parts> before = std::exchange(pods_, {});
  for (const Seen& one : *seen) {
    PodKey key{std::string(one.ns), std::string(one.pod)};
    Parts& parts = pods_.try_emplace(pods_.end(), std::move(key))->second;
    const auto [part, is_new] = parts.try_emplace(one.part);
    if (is_new) part->second = TakeOut(before, one);
    TakeSample(one, read.latest, part->second);
  }
  std::vector<PodUsage> usage;
  usage.reserve(pods_.size());
  for (const auto& [key, parts] : pods_)
    usage.push_back(UsageOf(key, parts));
  return usage;
}

}  // namespace hpaplus::collectors
