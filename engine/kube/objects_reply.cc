#include "engine/kube/objects_reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include <simdjson.h>

#include "engine/base/base64.h"

namespace hpaplus::kube {
namespace {

namespace dom = simdjson::dom;

// One value of the document and how to get there. A field that is missing or null is absent, which
// is fine; one of the wrong type is the document's first problem, kept in `problem`. Paths are only
// put together when something is wrong: there may be a million pods.
class Node {
 public:
  Node(dom::element root, std::string* problem) : element_(root), problem_(problem) {}

  [[nodiscard]] bool present() const { return element_.has_value(); }

  [[nodiscard]] Node Field(std::string_view key) const {
    Node child = Below({key, -1});
    if (!element_) return child;
    dom::object object;
    if (element_->get_object().get(object) != simdjson::SUCCESS) {
      Wrong("is not an object");
      return child;
    }
    dom::element value;
    if (object.at_key(key).get(value) == simdjson::SUCCESS && !value.is_null()) {
      child.element_ = value;
    }
    return child;
  }

  [[nodiscard]] std::string_view Text() const {
    std::string_view text;
    if (element_ && element_->get_string().get(text) != simdjson::SUCCESS) Wrong("is not a string");
    return text;
  }

  [[nodiscard]] std::string String() const { return std::string(Text()); }

  [[nodiscard]] std::int64_t Integer(std::int64_t absent) const {
    std::int64_t number = absent;
    if (element_ && element_->get_int64().get(number) != simdjson::SUCCESS) {
      Wrong("is not an integer");
      return absent;
    }
    return number;
  }

  [[nodiscard]] Replicas Size(Replicas absent) const {
    const std::int64_t number = Integer(absent);
    if (number < 0 || number > std::numeric_limits<Replicas>::max()) {
      Wrong("is not a number of replicas");
      return absent;
    }
    return static_cast<Replicas>(number);
  }

  [[nodiscard]] std::optional<Timestamp> Time() const {
    if (!element_) return std::nullopt;
    const std::string_view text = Text();
    const Result<Timestamp> at = ParseRfc3339(text);
    if (at) return *at;
    Wrong("is not a time");
    return std::nullopt;
  }

  [[nodiscard]] Quantity Amount() const {
    std::string_view text;
    std::string number;
    if (element_ && element_->is_string()) {
      text = Text();
    } else if (element_) {
      number = simdjson::minify(*element_);
      text = number;
    }
    const Result<Quantity> amount = Quantity::Parse(text);
    if (amount) return *amount;
    Wrong("is not a quantity");
    return {};
  }

  // Calls visit(Node) for every element of an array.
  template <class F>
  void Each(F&& visit) const {
    if (!element_) return;
    dom::array array;
    if (element_->get_array().get(array) != simdjson::SUCCESS) return Wrong("is not a list");
    int index = 0;
    for (const dom::element item : array) {
      Node child = Below({{}, index++});
      child.element_ = item;
      visit(child);
    }
  }

  // Calls visit(key, Node) for every field of an object.
  template <class F>
  void EachField(F&& visit) const {
    if (!element_) return;
    dom::object object;
    if (element_->get_object().get(object) != simdjson::SUCCESS) return Wrong("is not an object");
    for (const auto& [key, value] : object) {
      Node child = Below({key, -1});
      child.element_ = value;
      visit(key, child);
    }
  }

  void Wrong(std::string_view what) const {
    if (!problem_->empty()) return;
    for (std::size_t i = 0; i < depth_; ++i) {
      const Step& step = path_.at(i);
      if (step.index >= 0) {
        *problem_ += "[" + std::to_string(step.index) + "]";
      } else {
        *problem_ += (i > 0 ? "." : "") + std::string(step.key.substr(0, kLongestKey));
      }
    }
    *problem_ += (depth_ > 0 ? " " : "it ") + std::string(what);
  }

 private:
  struct Step {
    std::string_view key;
    int index = -1;
  };
  static constexpr std::size_t kDeepest = 8;
  static constexpr std::size_t kLongestKey = 64;

  [[nodiscard]] Node Below(Step step) const {
    Node child = *this;
    child.element_.reset();
    if (child.depth_ < kDeepest) child.path_.at(child.depth_++) = step;
    return child;
  }

  std::optional<dom::element> element_;
  std::array<Step, kDeepest> path_{};
  std::size_t depth_ = 0;
  std::string* problem_;
};

// Parses `json` and calls read(Node) -> T. The first problem found turns the whole into an error.
template <class F>
auto Read(std::string_view what, std::string_view json, F&& read)
    -> Result<std::invoke_result_t<F, Node>> {
  static thread_local dom::parser parser;
  dom::element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root)) {
    return Error{ErrorCode::kMalformedData,
                 std::string(what) + ": " + simdjson::error_message(error)};
  }
  std::string problem;
  const Node node(root, &problem);
  auto value = read(node);
  if (problem.empty()) return value;
  const std::string name = node.Field("metadata").Field("name").String();
  const std::string who = std::string(what) + (name.empty() ? "" : " " + name);
  return Error{ErrorCode::kMalformedData, who + ": " + problem};
}

Labels ReadLabels(const Node& node) {
  Labels labels;
  node.EachField(
      [&](std::string_view key, const Node& value) { labels.emplace_back(key, value.String()); });
  std::sort(labels.begin(), labels.end());
  return labels;
}

ObjectMeta ReadMeta(const Node& root) {
  const Node node = root.Field("metadata");
  ObjectMeta meta;
  meta.ns = node.Field("namespace").String();
  meta.name = node.Field("name").String();
  meta.uid = node.Field("uid").String();
  meta.resource_version = node.Field("resourceVersion").String();
  meta.generation = node.Field("generation").Integer(0);
  meta.labels = ReadLabels(node.Field("labels"));
  if (meta.name.empty()) node.Field("name").Wrong("is empty");
  return meta;
}

PodPhase PhaseOf(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, PodPhase>, 5> kPhases = {
      {{"Pending", PodPhase::kPending},
       {"Running", PodPhase::kRunning},
       {"Succeeded", PodPhase::kSucceeded},
       {"Failed", PodPhase::kFailed},
       {"Unknown", PodPhase::kUnknown}}};
  for (const auto& [name, phase] : kPhases) {
    if (name == text) return phase;
  }
  return PodPhase::kNone;
}

ResourceList ReadResources(const Node& node) {
  ResourceList resources;
  node.EachField([&](std::string_view name, const Node& value) {
    resources.emplace_back(name, value.Amount());
  });
  std::sort(resources.begin(), resources.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return resources;
}

std::vector<Container> ReadContainers(const Node& node) {
  std::vector<Container> containers;
  node.Each([&](const Node& item) {
    Container container;
    container.name = item.Field("name").String();
    container.requests = ReadResources(item.Field("resources").Field("requests"));
    container.restarts_always = item.Field("restartPolicy").Text() == "Always";
    containers.push_back(std::move(container));
  });
  return containers;
}

std::optional<ReadyCondition> ReadReady(const Node& conditions) {
  std::optional<ReadyCondition> ready;
  conditions.Each([&](const Node& item) {
    if (ready || item.Field("type").Text() != "Ready") return;
    const std::string_view status = item.Field("status").Text();
    ready.emplace();
    ready->status = status == "True"    ? ConditionStatus::kTrue
                    : status == "False" ? ConditionStatus::kFalse
                                        : ConditionStatus::kUnknown;
    ready->last_transition = item.Field("lastTransitionTime").Time();
  });
  return ready;
}

PodResources ReadPodResources(const Node& spec) {
  PodResources resources;
  resources.containers = ReadContainers(spec.Field("containers"));
  resources.init_containers = ReadContainers(spec.Field("initContainers"));
  const Node requests = spec.Field("resources").Field("requests");
  if (requests.present()) resources.pod_requests = ReadResources(requests);
  resources.overhead = ReadResources(spec.Field("overhead"));
  return resources;
}

PodObject ReadPod(const Node& root) {
  ObjectMeta meta = ReadMeta(root);
  const Node spec = root.Field("spec");
  const Node status = root.Field("status");
  PodObject object;
  object.ns = std::move(meta.ns);
  object.uid = std::move(meta.uid);
  object.resource_version = std::move(meta.resource_version);
  object.pod.name = std::move(meta.name);
  object.pod.labels = std::move(meta.labels);
  object.pod.phase = PhaseOf(status.Field("phase").Text());
  object.pod.deleting = root.Field("metadata").Field("deletionTimestamp").present();
  object.pod.start_time = status.Field("startTime").Time();
  object.pod.ready = ReadReady(status.Field("conditions"));
  object.pod.resources = ReadPodResources(spec);
  object.ip = status.Field("podIP").String();
  object.node = spec.Field("nodeName").String();
  object.host_ip = status.Field("hostIP").String();
  return object;
}

LabelSelector ReadSelector(const Node& node) {
  LabelSelector selector;
  selector.match_labels = ReadLabels(node.Field("matchLabels"));
  node.Field("matchExpressions").Each([&](const Node& item) {
    LabelRequirement requirement;
    requirement.key = item.Field("key").String();
    requirement.op = item.Field("operator").String();
    item.Field("values").Each(
        [&](const Node& value) { requirement.values.push_back(value.String()); });
    selector.match_expressions.push_back(std::move(requirement));
  });
  return selector;
}

std::string ReadSelectorText(const Node& node) {
  Result<std::string> text = SelectorText(ReadSelector(node));
  if (text) return *std::move(text);
  node.Wrong("is invalid: " + text.error().message);
  return {};
}

ScaledObject ReadScaled(const Node& root) {
  ScaledObject object;
  object.meta = ReadMeta(root);
  object.scale.status = ScaleStatus::kKnown;
  object.scale.resource_version = object.meta.resource_version;
  object.scale.status_replicas = root.Field("status").Field("replicas").Size(0);
  return object;
}

// A Deployment's status counts the pods of its newest revision without naming it.
RolloutState ReadDeploymentRollout(const Node& status) {
  RolloutState rollout;
  rollout.known = true;
  rollout.replicas = status.Field("replicas").Size(0);
  rollout.updated = status.Field("updatedReplicas").Size(0);
  rollout.rolling = rollout.replicas > rollout.updated;
  rollout.revision_label = "pod-template-hash";
  return rollout;
}

// Pods below the partition stay as they are, and with OnDelete all do: nothing waits for those.
RolloutState ReadStatefulSetRollout(const Node& status, const Node& strategy) {
  RolloutState rollout;
  rollout.known = true;
  rollout.replicas = status.Field("replicas").Size(0);
  rollout.updated = status.Field("updatedReplicas").Size(0);
  rollout.revision_label = "controller-revision-hash";
  rollout.revision = status.Field("updateRevision").String();
  const Replicas partition = strategy.Field("rollingUpdate").Field("partition").Size(0);
  const bool changes = rollout.revision != status.Field("currentRevision").String();
  rollout.rolling = changes && strategy.Field("type").String() != "OnDelete" &&
                    rollout.updated < rollout.replicas - partition;
  return rollout;
}

// Items of a list do not say their kind; what they have in their spec tells it.
RolloutState ReadRollout(const Node& root) {
  const Node spec = root.Field("spec");
  const Node status = root.Field("status");
  if (spec.Field("strategy").present()) return ReadDeploymentRollout(status);
  const Node strategy = spec.Field("updateStrategy");
  return strategy.present() ? ReadStatefulSetRollout(status, strategy) : RolloutState();
}

}  // namespace

Result<ObjectMeta> ParseObjectMeta(std::string_view json) {
  return Read("object", json, ReadMeta);
}

Result<PodObject> ParsePod(std::string_view json) {
  return Read("pod", json, ReadPod);
}

Result<ScaledObject> ParseAppsWorkload(std::string_view json) {
  return Read("scale target", json, [](const Node& root) {
    ScaledObject object = ReadScaled(root);
    object.scale.spec_replicas = root.Field("spec").Field("replicas").Size(1);
    const Node selector = root.Field("spec").Field("selector");
    if (selector.present()) object.scale.selector = ReadSelectorText(selector);
    object.scale.rollout = ReadRollout(root);
    return object;
  });
}

Result<ScaledObject> ParseScale(std::string_view json) {
  return Read("scale", json, [](const Node& root) {
    ScaledObject object = ReadScaled(root);
    object.scale.spec_replicas = root.Field("spec").Field("replicas").Size(0);
    const Node selector = root.Field("status").Field("selector");
    if (selector.present()) object.scale.selector = selector.String();
    return object;
  });
}

Result<ForeignScaler> ParseForeignScaler(std::string_view json) {
  return Read("horizontal pod autoscaler", json, [](const Node& root) {
    const Node target = root.Field("spec").Field("scaleTargetRef");
    return ForeignScaler{ReadMeta(root),
                         {target.Field("apiVersion").String(), target.Field("kind").String(),
                          target.Field("name").String()}};
  });
}

Result<std::map<std::string, std::string>> ParseSecretData(std::string_view json) {
  return Read("secret", json, [](const Node& root) {
    std::map<std::string, std::string> data;
    root.Field("data").EachField([&](std::string_view key, const Node& value) {
      std::optional<std::string> decoded = DecodeBase64(value.Text());
      if (!decoded) return value.Wrong("is not base64");
      data.emplace(key, *std::move(decoded));
    });
    return data;
  });
}

std::optional<std::uint64_t> VersionNumber(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

bool IsOlderVersion(std::string_view candidate, std::string_view known) {
  const auto a = VersionNumber(candidate);
  const auto b = VersionNumber(known);
  return a && b && *a < *b;
}

}  // namespace hpaplus::kube
