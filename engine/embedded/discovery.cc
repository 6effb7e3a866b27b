#include "engine/embedded/discovery.h"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/hash.h"

namespace hpaplus::embedded {
namespace {

struct Entry {
  std::string name;  // "deployments" or "deployments/scale"
  std::string singular;
  std::string kind;
  std::string response_group;  // Where the kind is of another group.
  std::string response_version;
  bool namespaced = true;
  std::vector<std::string> verbs;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
};

struct Group {
  std::string group;
  std::string version;
  std::vector<Entry> entries;
};

const std::vector<std::string> kObjectVerbs = {"create", "delete", "deletecollection", "get",
                                               "list",   "patch",  "update",           "watch"};
const std::vector<std::string> kCustomVerbs = {"delete", "deletecollection", "get",    "list",
                                               "patch",  "create",           "update", "watch"};
const std::vector<std::string> kSubresourceVerbs = {"get", "patch", "update"};

void AddEntries(const Resource& resource, Group& group) {
  Entry entry{resource.plural,
              resource.singular,
              resource.kind,
              "",
              "",
              resource.namespaced,
              resource.custom ? kCustomVerbs : kObjectVerbs,
              resource.short_names,
              resource.categories};
  if (resource.kind == "Namespace") {
    entry.verbs.erase(std::find(entry.verbs.begin(), entry.verbs.end(), "deletecollection"));
  }
  group.entries.push_back(entry);
  const auto add = [&](const char* name, const char* kind, const char* of_group,
                       const char* of_version, std::vector<std::string> verbs) {
    group.entries.push_back({resource.plural + "/" + name,
                             "",
                             kind,
                             of_group,
                             of_version,
                             resource.namespaced,
                             std::move(verbs),
                             {},
                             {}});
  };
  if (resource.kind == "Namespace") add("finalize", "Namespace", "", "", {"update"});
  if (resource.kind == "Pod") add("eviction", "Eviction", "policy", "v1", {"create"});
  if (resource.custom && resource.has_status) {
    add("status", resource.kind.c_str(), "", "", kSubresourceVerbs);
  }
  if (resource.scale) add("scale", "Scale", "autoscaling", "v1", kSubresourceVerbs);
  if (!resource.custom && resource.has_status) {
    add("status", resource.kind.c_str(), "", "", kSubresourceVerbs);
  }
}

// What is served but not stored.
void AddComputed(std::vector<Group>& groups) {
  groups.push_back({"authorization.k8s.io",
                    "v1",
                    {{"selfsubjectaccessreviews",
                      "selfsubjectaccessreview",
                      "SelfSubjectAccessReview",
                      "",
                      "",
                      false,
                      {"create"},
                      {},
                      {}}}});
  groups.push_back({"metrics.k8s.io",
                    "v1beta1",
                    {{"nodes", "", "NodeMetrics", "", "", false, {"get", "list"}, {}, {}},
                     {"pods", "", "PodMetrics", "", "", true, {"get", "list"}, {}, {}}}});
}

std::vector<Group> Groups(const ResourceTable& resources) {
  std::vector<Group> groups;
  for (const ResourcePtr& resource : resources.All()) {
    const auto it = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
      return group.group == resource->group && group.version == resource->version;
    });
    if (it == groups.end()) {
      groups.push_back({resource->group, resource->version, {}});
      AddEntries(*resource, groups.back());
    } else {
      AddEntries(*resource, *it);
    }
  }
  AddComputed(groups);
  return groups;
}

std::string GroupVersion(const Group& group) {
  return group.group.empty() ? group.version : group.group + "/" + group.version;
}

Json VersionOfGroup(const Group& group) {
  return {{"groupVersion", GroupVersion(group)}, {"version", group.version}};
}

// The groups but the core one; versions of one group come together.
Json GroupItems(const ResourceTable& resources) {
  Json items = Json::array();
  for (const Group& group : Groups(resources)) {
    if (group.group.empty()) continue;
    const auto it = std::find_if(items.begin(), items.end(), [&](const Json& item) {
      return Text(item, "name") == group.group;
    });
    if (it != items.end()) {
      (*it)["versions"].push_back(VersionOfGroup(group));
    } else {
      items.push_back({{"name", group.group},
                       {"versions", Json::array({VersionOfGroup(group)})},
                       {"preferredVersion", VersionOfGroup(group)}});
    }
  }
  return items;
}

Json ResourceItem(const Entry& entry) {
  Json item{
      {"name", entry.name}, {"singularName", entry.singular}, {"namespaced", entry.namespaced}};
  if (!entry.response_group.empty()) {
    item["group"] = entry.response_group;
    item["version"] = entry.response_version;
  }
  item["kind"] = entry.kind;
  item["verbs"] = entry.verbs;
  if (!entry.short_names.empty()) item["shortNames"] = entry.short_names;
  if (!entry.categories.empty()) item["categories"] = entry.categories;
  return item;
}

Json ResponseKind(const Group& group, const Entry& entry) {
  const bool other = !entry.response_group.empty();
  return {{"group", other ? entry.response_group : group.group},
          {"version", other ? entry.response_version : group.version},
          {"kind", entry.kind}};
}

Json AggregatedVersion(const Group& group) {
  Json items = Json::array();
  for (const Entry& entry : group.entries) {
    const std::size_t slash = entry.name.find('/');
    if (slash != std::string::npos) {
      items.back()["subresources"].push_back({{"subresource", entry.name.substr(slash + 1)},
                                              {"responseKind", ResponseKind(group, entry)},
                                              {"verbs", entry.verbs}});
      continue;
    }
    Json item{{"resource", entry.name},
              {"responseKind", ResponseKind(group, entry)},
              {"scope", entry.namespaced ? "Namespaced" : "Cluster"},
              {"singularResource", entry.singular},
              {"verbs", entry.verbs}};
    if (!entry.short_names.empty()) item["shortNames"] = entry.short_names;
    if (!entry.categories.empty()) item["categories"] = entry.categories;
    items.push_back(std::move(item));
  }
  return {{"version", group.version}, {"resources", std::move(items)}, {"freshness", "Current"}};
}

std::string PathOf(const Group& group) {
  return group.group.empty() ? "api/" + group.version : "apis/" + group.group + "/" + group.version;
}

Json QueryParameter(const char* name) {
  return {{"name", name}, {"in", "query"}, {"schema", {{"type", "string"}, {"uniqueItems", true}}}};
}

}  // namespace

Json VersionDocument() {
  return {{"major", "1"},
          {"minor", "36"},
          {"gitVersion", "v1.36.0+hpaplus.embedded"},
          {"gitCommit", "unknown"},
          {"gitTreeState", "archive"},
          {"buildDate", "1970-01-01T00:00:00Z"},
          {"goVersion", "none"},
          {"compiler", "none"},
          {"platform", "linux/amd64"}};
}

Json ApiVersionsDocument(const std::string& server_address) {
  return {{"kind", "APIVersions"},
          {"versions", Json::array({"v1"})},
          {"serverAddressByClientCIDRs",
           Json::array({{{"clientCIDR", "0.0.0.0/0"}, {"serverAddress", server_address}}})}};
}

Json GroupListDocument(const ResourceTable& resources) {
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", GroupItems(resources)}};
}

std::optional<Json> GroupDocument(const ResourceTable& resources, const std::string& group) {
  for (const Json& item : GroupItems(resources)) {
    if (Text(item, "name") != group) continue;
    Json document{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
    Merge(document, item);
    return document;
  }
  return std::nullopt;
}

std::optional<Json> ResourceListDocument(const ResourceTable& resources, const std::string& group,
                                         const std::string& version) {
  for (const Group& served : Groups(resources)) {
    if (served.group != group || served.version != version) continue;
    Json items = Json::array();
    for (const Entry& entry : served.entries)
      items.push_back(ResourceItem(entry));
    Json document{{"kind", "APIResourceList"}};
    if (!group.empty()) document["apiVersion"] = "v1";
    document["groupVersion"] = GroupVersion(served);
    document["resources"] = std::move(items);
    return document;
  }
  return std::nullopt;
}

Json AggregatedDocument(const ResourceTable& resources, bool core) {
  Json items = Json::array();
  for (const Group& group : Groups(resources)) {
    if (group.group.empty() != core) continue;
    const auto it = std::find_if(items.begin(), items.end(), [&](const Json& item) {
      return Text(item, "metadata.name") == group.group;
    });
    if (it != items.end()) {
      (*it)["versions"].push_back(AggregatedVersion(group));
      continue;
    }
    Json metadata = Json::object();
    if (!core) metadata["name"] = group.group;
    items.push_back(
        {{"metadata", std::move(metadata)}, {"versions", Json::array({AggregatedVersion(group)})}});
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/v2"},
          {"metadata", Json::object()},
          {"items", std::move(items)}};
}

Json OpenApiIndexDocument(const ResourceTable& resources) {
  Json paths = Json::object();
  for (const Group& group : Groups(resources)) {
    const std::string path = PathOf(group);
    const std::optional<Json> document = OpenApiDocument(resources, group.group, group.version);
    const std::uint64_t hash = Fnv1a(document ? Dump(*document) : "");
    paths[path] = {{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={:016X}", path, hash)}};
  }
  return {{"paths", std::move(paths)}};
}

std::optional<Json> OpenApiDocument(const ResourceTable& resources, const std::string& group,
                                    const std::string& version) {
  Json paths = Json::object();
  Json schemas = Json::object();
  bool served = false;
  for (const Group& one : Groups(resources)) {
    served = served || (one.group == group && one.version == version);
  }
  if (!served) return std::nullopt;
  for (const ResourcePtr& resource : resources.All()) {
    if (resource->group != group || resource->version != version) continue;
    const Json kind{{"group", group}, {"version", version}, {"kind", resource->kind}};
    std::string path = "/";
    path += PathOf({group, version, {}});
    if (resource->namespaced) path += "/namespaces/{namespace}";
    path += "/" + resource->plural + "/{name}";
    // Strategic merge patches are left out on purpose: kubectl then makes them from the types it
    // has built in rather than from schemas, of which there are none here.
    Json content;
    for (const char* type : {"application/json-patch+json", "application/merge-patch+json"}) {
      content[type] = {{"schema", Json::object()}};
    }
    paths[path]["patch"] = {
        {"parameters", Json::array({QueryParameter("dryRun"), QueryParameter("fieldManager"),
                                    QueryParameter("fieldValidation")})},
        {"requestBody", {{"content", std::move(content)}}},
        {"responses", Json::object()},
        {"x-kubernetes-action", "patch"},
        {"x-kubernetes-group-version-kind", kind}};
    schemas[(group.empty() ? "core" : group) + "." + version + "." + resource->kind] = {
        {"type", "object"}, {"x-kubernetes-group-version-kind", Json::array({kind})}};
  }
  return Json{{"openapi", "3.0.0"},
              {"info", {{"title", "HPAPlus embedded cluster"}, {"version", "v1"}}},
              {"paths", std::move(paths)},
              {"components", {{"schemas", std::move(schemas)}}}};
}

}  // namespace hpaplus::embedded
