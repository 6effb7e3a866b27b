// What was seen of the cluster and of sources, as bytes.

#include <algorithm>
#include <set>
#include <utility>

#include "engine/record/codec.h"
#include "engine/record/items.h"

namespace hpaplus {

constexpr ScaleStatus LastOf(ScaleStatus /*of*/) {
  return ScaleStatus::kFailed;
}
constexpr PodPhase LastOf(PodPhase /*of*/) {
  return PodPhase::kUnknown;
}
constexpr ConditionStatus LastOf(ConditionStatus /*of*/) {
  return ConditionStatus::kUnknown;
}
constexpr ErrorCode LastOf(ErrorCode /*of*/) {
  return ErrorCode::kGone;
}

namespace record {

template <class A>
void Fields(A& a, Of<RolloutState> auto& rollout) {
  Items(a, rollout.known, rollout.rolling, rollout.replicas, rollout.updated,
        rollout.revision_label, rollout.revision);
}
template <class A>
void Fields(A& a, Of<ScaleState> auto& scale) {
  Items(a, scale.status, scale.problem, scale.spec_replicas, scale.status_replicas, scale.selector,
        scale.resource_version, scale.rollout);
}
template <class A>
void Fields(A& a, Of<Container> auto& container) {
  Items(a, container.name, container.requests, container.restarts_always);
}
template <class A>
void Fields(A& a, Of<PodResources> auto& resources) {
  Items(a, resources.containers, resources.init_containers, resources.pod_requests,
        resources.overhead);
}
template <class A>
void Fields(A& a, Of<ReadyCondition> auto& ready) {
  Items(a, ready.status, ready.last_transition);
}
template <class A>
void Fields(A& a, Of<Pod> auto& pod) {
  Items(a, pod.name, pod.labels, pod.resources, pod.phase, pod.deleting, pod.start_time, pod.ready);
}
template <class A>
void Fields(A& a, Of<ScalarSample> auto& sample) {
  Items(a, sample.at, sample.value, sample.milli);
}
template <class A>
void Fields(A& a, Of<PodValue> auto& value) {
  Items(a, value.pod, value.at, value.window, value.milli);
}
template <class A>
void Fields(A& a, Of<ContainerUsage> auto& usage) {
  Items(a, usage.name, usage.milli);
}
template <class A>
void Fields(A& a, Of<PodUsage> auto& usage) {
  Items(a, usage.ns, usage.pod, usage.at, usage.window, usage.containers);
}
template <class A>
void Fields(A& a, Of<Error> auto& error) {
  Items(a, error.code, error.message);
}

template <class A>
void SceneFields(A& a, Of<WorkloadView> auto& view) {
  Items(a, view.scale, view.conflict, view.ambiguous_selector, view.scaled_to_zero, view.freeze);
}

namespace {

Error NoSense(const char* what) {
  return {ErrorCode::kMalformedData, std::string(what) + " make no sense"};
}

// What this workload's decision can look at: all of an answer that its own selector has chosen, of
// another the usage of its own pods.
std::vector<PodUsage> UsageFor(const Reading& reading, const WorkloadView& view) {
  if (reading.selected) return reading.pod_usage.Pods();
  const PodUsageTable& table = reading.pod_usage;
  std::set<std::string_view> names;
  for (const auto& pod : view.pods)
    names.insert(pod->name);
  std::vector<PodUsage> usage;
  const PodUsageTable::Range range = table.Namespace(view.spec->ns);
  for (std::uint32_t i = range.begin; i < range.end; ++i) {
    if (names.contains(table.name(i))) usage.push_back(table.PodAt(i));
  }
  return usage;
}

bool FitsTable(const std::vector<PodUsage>& usage) {
  std::set<std::string_view> resources;
  for (const PodUsage& pod : usage) {
    for (const ContainerUsage& container : pod.containers) {
      for (const auto& number : container.milli)
        resources.insert(number.first);
    }
  }
  return resources.size() <= PodUsageTable::kMaxResources;
}

}  // namespace

std::string PackScene(const WorkloadView& view) {
  Packer packer;
  SceneFields(packer, view);
  return packer.Take();
}

Status UnpackScene(std::string_view bytes, WorkloadView& view) {
  Unpacker unpacker(bytes);
  SceneFields(unpacker, view);
  if (unpacker.bad() || unpacker.left() > 0) return NoSense("scale and conflicts");
  return Done{};
}

std::string PackPods(const Pods& pods) {
  return Pack(pods);
}

Result<Pods> UnpackPods(std::string_view bytes) {
  auto pods = Unpack<Pods>(bytes);
  if (!pods) return NoSense("pods");
  return *std::move(pods);
}

std::string PackReading(const ReadingResult& reading, const WorkloadView& view) {
  Packer packer;
  packer.PutByte(reading ? 1 : 0);
  if (!reading) {
    Item(packer, reading.error());
    return packer.Take();
  }
  const Reading& answer = **reading;
  Items(packer, answer.received, answer.values, answer.pod_values, answer.selected);
  const std::vector<PodUsage> usage = UsageFor(answer, view);
  Item(packer, usage);
  return packer.Take();
}

Result<ReadingResult> UnpackReading(std::string_view bytes) {
  Unpacker unpacker(bytes);
  const std::uint8_t known = unpacker.TakeByte();
  if (known > 1) unpacker.Fail();
  ReadingResult reading = Error{};
  if (known == 0) {
    Error error;
    Item(unpacker, error);
    reading = std::move(error);
  } else {
    auto answer = std::make_shared<Reading>();
    std::vector<PodUsage> usage;
    Items(unpacker, answer->received, answer->values, answer->pod_values, answer->selected, usage);
    if (!FitsTable(usage)) return NoSense("samples");
    answer->pod_usage = PodUsageTable(usage);
    reading = ReadingResult(std::move(answer));
  }
  if (unpacker.bad() || unpacker.left() > 0) return NoSense("samples");
  return reading;
}

}  // namespace record
}  // namespace hpaplus
