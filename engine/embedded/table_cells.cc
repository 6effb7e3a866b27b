#include <cctype>
#include <functional>
#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/event_view.h"
#include "engine/embedded/selector.h"
#include "engine/embedded/table.h"

// The columns that kubectl shows for the built-in kinds.

namespace hpaplus::embedded {
namespace {

using Cells = std::function<Json(const Json& object, Timestamp now)>;

struct Layout {
  std::vector<PrinterColumn> columns;
  Cells cells;
};

PrinterColumn Column(const char* name, int priority = 0, const char* type = "string") {
  return {name, type, std::string_view(name) == "Name" ? "name" : "", "", "", priority};
}

std::string AgeSince(const Json& object, std::string_view path, Timestamp now) {
  const Result<Timestamp> at = ParseRfc3339(Text(object, path));
  return at ? HumanAge(now - *at) : "<unknown>";
}

std::string Age(const Json& object, Timestamp now) {
  return AgeSince(object, "metadata.creationTimestamp", now);
}

std::string Name(const Json& object) {
  return Text(object, "metadata.name");
}

std::string OrNone(std::string text) {
  return text.empty() ? "<none>" : std::move(text);
}

std::size_t SizeOf(const Json& object, std::string_view path) {
  const Json* at = Find(object, path);
  return at == nullptr ? 0 : at->size();
}

// The members called `member` of a list, with commas.
std::string Joined(const Json& object, std::string_view path, std::string_view member) {
  std::string text;
  const Json* list = Find(object, path);
  if (list == nullptr || !list->is_array()) return text;
  for (const Json& one : *list)
    text += (text.empty() ? "" : ",") + Text(one, member);
  return text;
}

std::string Lower(std::string text) {
  for (char& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string SelectorText(const Json& object) {
  return LabelSelector::FromJson(Find(object, "spec.selector")).ToString();
}

Json PodCells(const Json& pod, Timestamp now) {
  std::size_t ready = 0;
  std::int64_t restarts = 0;
  std::string status = Text(pod, "status.phase");
  if (const std::string reason = Text(pod, "status.reason"); !reason.empty()) status = reason;
  if (const Json* list = Find(pod, "status.containerStatuses"); list && list->is_array()) {
    for (const Json& one : *list) {
      ready += Flag(one, "ready") ? 1U : 0U;
      restarts += Int(one, "restartCount");
      const std::string waiting = Text(one, "state.waiting.reason");
      if (!waiting.empty()) status = waiting;
    }
  }
  if (Find(pod, "metadata.deletionTimestamp") != nullptr) status = "Terminating";
  return Json::array({Name(pod), fmt::format("{}/{}", ready, SizeOf(pod, "spec.containers")),
                      status, std::to_string(restarts), Age(pod, now),
                      OrNone(Text(pod, "status.podIP")), OrNone(Text(pod, "spec.nodeName")),
                      "<none>", "<none>"});
}

std::string ReadyOf(const Json& object) {
  return fmt::format("{}/{}", Int(object, "status.readyReplicas"), Int(object, "spec.replicas"));
}

Json DeploymentCells(const Json& object, Timestamp now) {
  return Json::array({Name(object), ReadyOf(object), Int(object, "status.updatedReplicas"),
                      Int(object, "status.availableReplicas"), Age(object, now),
                      Joined(object, "spec.template.spec.containers", "name"),
                      Joined(object, "spec.template.spec.containers", "image"),
                      SelectorText(object)});
}

Json ReplicaSetCells(const Json& object, Timestamp now) {
  return Json::array({Name(object), Int(object, "spec.replicas"), Int(object, "status.replicas"),
                      Int(object, "status.readyReplicas"), Age(object, now),
                      Joined(object, "spec.template.spec.containers", "name"),
                      Joined(object, "spec.template.spec.containers", "image"),
                      SelectorText(object)});
}

Json StatefulSetCells(const Json& object, Timestamp now) {
  return Json::array({Name(object), ReadyOf(object), Age(object, now),
                      Joined(object, "spec.template.spec.containers", "name"),
                      Joined(object, "spec.template.spec.containers", "image")});
}

std::string LastSeen(const Json& event) {
  for (const char* path : {"series.lastObservedTime", "lastTimestamp", "eventTime"}) {
    if (!Text(event, path).empty()) return path;
  }
  return "metadata.creationTimestamp";
}

Json EventCells(const Json& object, Timestamp now) {
  const bool core = FindKey(object, "involvedObject") != nullptr;
  const Json event = core ? object : CoreEventOf(object);
  std::string source = Text(event, "source.component");
  if (source.empty()) source = Text(event, "reportingComponent");
  if (const std::string host = Text(event, "source.host"); !host.empty()) source += ", " + host;
  const std::string first = Text(event, "firstTimestamp").empty() ? "eventTime" : "firstTimestamp";
  const std::int64_t count =
      std::max<std::int64_t>(1, std::max(Int(event, "series.count"), Int(event, "count")));
  return Json::array(
      {AgeSince(event, LastSeen(event), now), Text(event, "type"), Text(event, "reason"),
       Lower(Text(event, "involvedObject.kind")) + "/" + Text(event, "involvedObject.name"),
       Text(event, "involvedObject.fieldPath"), source, Text(event, "message"),
       AgeSince(event, first, now), count, Name(event)});
}

std::string TargetOf(const Json& metric) {
  const std::string type = Text(metric, "type");
  if (type.empty()) return "<unknown>";
  std::string member = type;
  member[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(member[0])));
  const Json* one = FindKey(metric, member);
  if (one == nullptr) return "<unknown>";
  std::string name = Text(*one, "name");
  if (name.empty()) name = Text(*one, "metric.name");
  const std::int64_t utilization = Int(*one, "target.averageUtilization");
  std::string target =
      utilization > 0 ? fmt::format("{}%", utilization) : Text(*one, "target.averageValue");
  if (target.empty()) target = Text(*one, "target.value");
  return name + ": <unknown>/" + target;
}

Json AutoscalerCells(const Json& object, Timestamp now) {
  std::string targets;
  if (const Json* metrics = Find(object, "spec.metrics"); metrics && metrics->is_array()) {
    for (const Json& metric : *metrics)
      targets += (targets.empty() ? "" : ", ") + TargetOf(metric);
  }
  return Json::array(
      {Name(object),
       Text(object, "spec.scaleTargetRef.kind") + "/" + Text(object, "spec.scaleTargetRef.name"),
       OrNone(targets), std::to_string(Int(object, "spec.minReplicas", 1)),
       Int(object, "spec.maxReplicas"), Int(object, "status.currentReplicas"), Age(object, now)});
}

std::string UsedList(const Json& quota, bool limits) {
  std::map<std::string, std::string> hard;
  if (const Json* list = Find(quota, "status.hard"); list != nullptr && list->is_object()) {
    for (auto it = list->begin(); it != list->end(); ++it) {
      hard[it.key()] = it.value().is_string() ? it.value().get<std::string>() : Dump(it.value());
    }
  }
  std::string text;
  for (const auto& [name, limit] : hard) {
    if (name.starts_with("limits.") != limits) continue;
    const Json* used = Find(quota, "status.used");
    const Json* value = used == nullptr ? nullptr : FindKey(*used, name);
    const std::string now =
        value != nullptr && value->is_string() ? value->get<std::string>() : "0";
    text += (text.empty() ? "" : ", ") + name + ": " + now + "/" + limit;
  }
  return text;
}

std::string NodeStatus(const Json& node) {
  const Json* conditions = Find(node, "status.conditions");
  if (conditions == nullptr || !conditions->is_array()) return "Unknown";
  for (const Json& one : *conditions) {
    if (Text(one, "type") == "Ready") return Text(one, "status") == "True" ? "Ready" : "NotReady";
  }
  return "Unknown";
}

Json NodeCells(const Json& node, Timestamp now) {
  return Json::array({Name(node), NodeStatus(node), "<none>", Age(node, now),
                      Text(node, "status.nodeInfo.kubeletVersion"), "<none>", "<none>", "<unknown>",
                      "<unknown>", "<unknown>"});
}

const std::map<std::string, Layout>& Layouts() {
  const auto number = [](const char* name) { return Column(name, 0, "integer"); };
  static const std::map<std::string, Layout> layouts = {
      {"Pod",
       {{Column("Name"), Column("Ready"), Column("Status"), Column("Restarts"), Column("Age"),
         Column("IP", 1), Column("Node", 1), Column("Nominated Node", 1),
         Column("Readiness Gates", 1)},
        PodCells}},
      {"Deployment",
       {{Column("Name"), Column("Ready"), Column("Up-to-date"), Column("Available"), Column("Age"),
         Column("Containers", 1), Column("Images", 1), Column("Selector", 1)},
        DeploymentCells}},
      {"ReplicaSet",
       {{Column("Name"), number("Desired"), number("Current"), number("Ready"), Column("Age"),
         Column("Containers", 1), Column("Images", 1), Column("Selector", 1)},
        ReplicaSetCells}},
      {"StatefulSet",
       {{Column("Name"), Column("Ready"), Column("Age"), Column("Containers", 1),
         Column("Images", 1)},
        StatefulSetCells}},
      {"Event",
       {{Column("Last Seen"), Column("Type"), Column("Reason"), Column("Object"),
         Column("Subobject", 1), Column("Source", 1), Column("Message"), Column("First Seen", 1),
         Column("Count", 1), Column("Name", 1)},
        EventCells}},
      {"HorizontalPodAutoscaler",
       {{Column("Name"), Column("Reference"), Column("Targets"), Column("MinPods"),
         Column("MaxPods"), Column("Replicas"), Column("Age")},
        AutoscalerCells}},
      {"ConfigMap",
       {{Column("Name"), Column("Data"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array({Name(object), SizeOf(object, "data") + SizeOf(object, "binaryData"),
                              Age(object, now)});
        }}},
      {"Secret",
       {{Column("Name"), Column("Type"), Column("Data"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array(
              {Name(object), Text(object, "type"), SizeOf(object, "data"), Age(object, now)});
        }}},
      {"ServiceAccount",
       {{Column("Name"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array({Name(object), Age(object, now)});
        }}},
      {"Namespace",
       {{Column("Name"), Column("Status"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array({Name(object), Text(object, "status.phase"), Age(object, now)});
        }}},
      {"Node",
       {{Column("Name"), Column("Status"), Column("Roles"), Column("Age"), Column("Version"),
         Column("Internal-IP", 1), Column("External-IP", 1), Column("OS-Image", 1),
         Column("Kernel-Version", 1), Column("Container-Runtime", 1)},
        NodeCells}},
      {"ResourceQuota",
       {{Column("Name"), Column("Request"), Column("Limit"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array(
              {Name(object), UsedList(object, false), UsedList(object, true), Age(object, now)});
        }}},
      {"Lease",
       {{Column("Name"), Column("Holder"), Column("Age")},
        [](const Json& object, Timestamp now) {
          return Json::array({Name(object), Text(object, "spec.holderIdentity"), Age(object, now)});
        }}},
      {"CustomResourceDefinition",
       {{Column("Name"), Column("Created At", 0, "date")},
        [](const Json& object, Timestamp /*now*/) {
          return Json::array({Name(object), Text(object, "metadata.creationTimestamp")});
        }}},
  };
  return layouts;
}

}  // namespace

std::vector<PrinterColumn> BuiltinColumns(const std::string& kind) {
  return Layouts().at(kind).columns;
}

Json BuiltinCells(const std::string& kind, const Json& object, Timestamp now) {
  return Layouts().at(kind).cells(object, now);
}

}  // namespace hpaplus::embedded
