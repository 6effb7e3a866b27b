#include "engine/kube/discovery_reply.h"

#include <algorithm>

#include <simdjson.h>

namespace hpaplus::kube {
namespace {

namespace dom = simdjson::dom;
using simdjson::SUCCESS;

Error Malformed(const char* what) {
  return {ErrorCode::kMalformedData, what};
}

bool ReadText(const dom::object& object, std::string_view key, std::string* out) {
  std::string_view text;
  if (object.at_key(key).get_string().get(text) != SUCCESS) return false;
  *out = text;
  return true;
}

}  // namespace

Result<std::vector<std::string>> ParseApiGroup(std::string_view json) {
  dom::parser parser;
  dom::object root;
  dom::array entries;
  std::string kind;
  if (parser.parse(simdjson::padded_string(json)).get_object().get(root) != SUCCESS ||
      !ReadText(root, "kind", &kind) || kind != "APIGroup" ||
      root.at_key("versions").get_array().get(entries) != SUCCESS) {
    return Malformed("kube: discovery: the answer is no APIGroup");
  }
  std::vector<std::string> versions;
  for (const dom::element element : entries) {
    dom::object entry;
    std::string version;
    if (element.get_object().get(entry) != SUCCESS || !ReadText(entry, "version", &version) ||
        version.empty()) {
      return Malformed("kube: discovery: a group's version is malformed");
    }
    versions.push_back(std::move(version));
  }
  dom::object preferred;
  std::string first;
  if (root.at_key("preferredVersion").get_object().get(preferred) == SUCCESS &&
      ReadText(preferred, "version", &first)) {
    std::stable_partition(versions.begin(), versions.end(),
                          [&first](const std::string& version) { return version == first; });
  }
  return versions;
}

Result<std::vector<ApiResource>> ParseApiResources(std::string_view json) {
  dom::parser parser;
  dom::object root;
  dom::array entries;
  std::string kind;
  if (parser.parse(simdjson::padded_string(json)).get_object().get(root) != SUCCESS ||
      !ReadText(root, "kind", &kind) || kind != "APIResourceList" ||
      root.at_key("resources").get_array().get(entries) != SUCCESS) {
    return Malformed("kube: discovery: the answer is no APIResourceList");
  }
  std::vector<ApiResource> resources;
  for (const dom::element element : entries) {
    dom::object entry;
    ApiResource resource;
    if (element.get_object().get(entry) != SUCCESS || !ReadText(entry, "name", &resource.name) ||
        !ReadText(entry, "kind", &resource.kind) ||
        entry.at_key("namespaced").get_bool().get(resource.namespaced) != SUCCESS ||
        resource.name.empty()) {
      return Malformed("kube: discovery: a resource is malformed");
    }
    resources.push_back(std::move(resource));
  }
  return resources;
}

}  // namespace hpaplus::kube
