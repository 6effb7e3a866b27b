#include "engine/embedded/validation.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/embedded/selector.h"

namespace hpaplus::embedded {
namespace {

using Causes = std::vector<StatusCause>;

constexpr std::size_t kSubdomainMax = 253;
constexpr std::size_t kLabelMax = 63;

bool IsLowerOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsLabel(std::string_view text) {
  if (text.empty() || !IsLowerOrDigit(text.front()) || !IsLowerOrDigit(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

bool IsSubdomain(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!IsLabel(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

void CheckName(const Resource& resource, const Json& object, Causes& out) {
  const std::string name = Text(object, "metadata.name");
  if (name.empty()) {
    out.push_back(RequiredValue("metadata.name", "name or generateName is required"));
    return;
  }
  const bool as_label = resource.kind == "Namespace";
  const std::size_t longest = as_label ? kLabelMax : kSubdomainMax;
  if (name.size() > longest) {
    out.push_back(InvalidValue("metadata.name", name,
                               "must be no more than " + std::to_string(longest) + " bytes"));
  }
  if (as_label && !IsLabel(name)) {
    out.push_back(InvalidValue(
        "metadata.name", name,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
        "must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex "
        "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"));
  } else if (!as_label && !IsSubdomain(name)) {
    out.push_back(InvalidValue(
        "metadata.name", name,
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
        "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
        "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
        "')"));
  }
}

void CheckNotNegative(const Json& object, const std::string& path, Causes& out) {
  const std::int64_t value = Int(object, path);
  if (value < 0) out.push_back(InvalidValue(path, value, "must be greater than or equal to 0"));
}

void CheckResources(const Json& container, const std::string& path, Causes& out) {
  const Json* requests = Find(container, "resources.requests");
  const Json* limits = Find(container, "resources.limits");
  if (requests == nullptr || limits == nullptr || !requests->is_object()) return;
  for (auto it = requests->begin(); it != requests->end(); ++it) {
    const Json* limit = FindKey(*limits, it.key());
    if (limit == nullptr || !limit->is_string() || !it.value().is_string()) continue;
    const Result<Quantity> wanted = Quantity::Parse(it.value().get<std::string>());
    const Result<Quantity> most = Quantity::Parse(limit->get<std::string>());
    if (wanted && most && wanted->Compare(*most) > 0) {
      out.push_back(InvalidValue(
          path + ".resources.requests", it.value(),
          "must be less than or equal to " + it.key() + " limit of " + limit->get<std::string>()));
    }
  }
}

void CheckPodSpec(const Json* spec, const std::string& path, Causes& out) {
  const Json* containers = spec == nullptr ? nullptr : FindKey(*spec, "containers");
  if (containers == nullptr || !containers->is_array() || containers->empty()) {
    out.push_back(RequiredValue(path + ".containers"));
    return;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < containers->size(); ++i) {
    const Json& container = (*containers)[i];
    const std::string at = path + ".containers[" + std::to_string(i) + "]";
    const std::string name = Text(container, "name");
    if (name.empty()) {
      out.push_back(RequiredValue(at + ".name"));
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      out.push_back({"FieldValueDuplicate", "Duplicate value: " + Dump(Json(name)), at + ".name"});
    }
    names.push_back(name);
    if (Text(container, "image").empty()) out.push_back(RequiredValue(at + ".image"));
    CheckResources(container, at, out);
  }
}

void CheckWorkload(const Resource& resource, const Json& object, const Json* before, Causes& out) {
  CheckNotNegative(object, "spec.replicas", out);
  const Json* selector = Find(object, "spec.selector");
  const Json* labels = Find(object, "spec.template.metadata.labels");
  if (selector == nullptr) {
    out.push_back(RequiredValue("spec.selector"));
  } else if (LabelSelector::FromJson(selector).empty()) {
    out.push_back(InvalidValue("spec.selector", *selector,
                               "empty selector is invalid for " + resource.singular));
  }
  if (!LabelSelector::FromJson(selector).Matches(labels)) {
    out.push_back(InvalidValue("spec.template.metadata.labels", labels ? *labels : Json(),
                               "`selector` does not match template `labels`"));
  }
  CheckPodSpec(Find(object, "spec.template.spec"), "spec.template.spec", out);
  const Json* old = before == nullptr ? nullptr : Find(*before, "spec.selector");
  if (old != nullptr && selector != nullptr && !SameValue(*old, *selector)) {
    out.push_back(InvalidValue("spec.selector", *selector, "field is immutable"));
  }
}

void CheckAutoscaler(const Json& object, Causes& out) {
  const std::int64_t least = Int(object, "spec.minReplicas", 1);
  const std::int64_t most = Int(object, "spec.maxReplicas");
  if (least < 1) {
    out.push_back(InvalidValue("spec.minReplicas", least, "must be greater than or equal to 1"));
  }
  if (most < 1) out.push_back(InvalidValue("spec.maxReplicas", most, "must be greater than 0"));
  if (most < least) {
    out.push_back(
        InvalidValue("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`"));
  }
  for (const char* member : {"kind", "name"}) {
    const std::string path = std::string("spec.scaleTargetRef.") + member;
    if (Text(object, path).empty()) out.push_back(RequiredValue(path));
  }
  if (Text(object, "spec.scaleTargetRef.apiVersion").empty()) {
    out.push_back(
        InvalidValue("spec.scaleTargetRef.apiVersion", "", "apiVersion must specify API group"));
  }
}

void CheckQuota(const Json& object, Causes& out) {
  for (const char* member : {"scopes", "scopeSelector"}) {
    if (Find(object, std::string("spec.") + member) != nullptr) {
      out.push_back({"FieldValueForbidden",
                     "Forbidden: the embedded cluster does not know the scopes of quotas",
                     std::string("spec.") + member});
    }
  }
}

void CheckDefinition(const Json& object, Causes& out) {
  const std::string expected = Text(object, "spec.names.plural") + "." + Text(object, "spec.group");
  const std::string name = Text(object, "metadata.name");
  if (name != expected) {
    out.push_back(
        InvalidValue("metadata.name", name, "must be spec.names.plural+\".\"+spec.group"));
  }
  const std::string scope = Text(object, "spec.scope");
  if (scope != "Namespaced" && scope != "Cluster") {
    out.push_back({"FieldValueNotSupported",
                   "Unsupported value: " + Dump(Json(scope)) +
                       ": supported values: \"Cluster\", \"Namespaced\"",
                   "spec.scope"});
  }
  if (Text(object, "spec.names.kind").empty()) out.push_back(RequiredValue("spec.names.kind"));
  if (Text(object, "spec.conversion.strategy") != "None") {
    out.push_back({"FieldValueForbidden",
                   "Forbidden: the embedded cluster calls no conversion webhooks",
                   "spec.conversion.strategy"});
  }
  const Result<std::vector<ResourcePtr>> resources = ResourcesOf(object);
  if (!resources) {
    out.push_back(InvalidValue("spec.versions", "", resources.error().message));
  }
}

void CheckEvent(const Resource& resource, const Json& object, Causes& out) {
  if (resource.group.empty()) return;
  const Json* time = FindKey(object, "eventTime");
  if (time == nullptr || time->is_null()) out.push_back(RequiredValue("eventTime"));
}

void CheckReplicasPath(const Resource& resource, const Json& object, Causes& out) {
  if (!resource.scale) return;
  const std::string& path = resource.scale->spec_replicas;
  const Json* replicas = Find(object, path);
  if (replicas == nullptr) return;
  if (!replicas->is_number_integer()) {
    const std::string text = replicas->is_string() ? replicas->get<std::string>() : Dump(*replicas);
    out.push_back(InvalidValue("." + path, 0,
                               "." + path + " accessor error: " + text + " is of the type " +
                                   std::string(TypeName(*replicas)) + ", expected int64"));
  } else if (replicas->get<std::int64_t>() < 0) {
    out.push_back(InvalidValue("." + path, *replicas, "should be a non-negative integer"));
  }
}

}  // namespace

std::vector<StatusCause> Validate(const Resource& resource, const Json& object,
                                  const Json* before) {
  Causes causes;
  CheckName(resource, object, causes);
  if (resource.custom) {
    const Causes wrong = resource.schema->Validate(object);
    causes.insert(causes.end(), wrong.begin(), wrong.end());
    CheckReplicasPath(resource, object, causes);
    return causes;
  }
  const std::string& kind = resource.kind;
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet") {
    CheckWorkload(resource, object, before, causes);
  } else if (kind == "Pod") {
    CheckPodSpec(FindKey(object, "spec"), "spec", causes);
  } else if (kind == "HorizontalPodAutoscaler") {
    CheckAutoscaler(object, causes);
  } else if (kind == "ResourceQuota") {
    CheckQuota(object, causes);
  } else if (kind == "CustomResourceDefinition") {
    CheckDefinition(object, causes);
  } else if (kind == "Event") {
    CheckEvent(resource, object, causes);
  } else if (kind == "Lease" && Int(object, "spec.leaseDurationSeconds", 1) <= 0) {
    causes.push_back(InvalidValue("spec.leaseDurationSeconds",
                                  Int(object, "spec.leaseDurationSeconds"),
                                  "must be greater than 0"));
  }
  return causes;
}

}  // namespace hpaplus::embedded
