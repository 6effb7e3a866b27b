#include "engine/embedded/request.h"

namespace hpaplus::embedded {
namespace {

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

// The value of parameter `name` in "application/json;as=Table;v=v1".
std::string_view Parameter(std::string_view media, std::string_view name) {
  std::size_t at = media.find(';');
  while (at != std::string_view::npos) {
    const std::string_view rest = media.substr(at + 1);
    const std::string_view pair = Trim(rest.substr(0, rest.find(';')));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    at = media.find(';', at + 1);
  }
  return {};
}

std::string_view MediaType(std::string_view media) {
  return Trim(media.substr(0, media.find(';')));
}

bool IsJson(std::string_view type) {
  return type == "application/json" || type == "*/*" || type == "application/*";
}

}  // namespace

std::string ApiRequest::Query(const std::string& key) const {
  const auto it = query.find(key);
  return it == query.end() ? std::string() : it->second;
}

bool ApiRequest::QueryFlag(const std::string& key) const {
  const std::string value = Query(key);
  return value == "1" || value == "true" || value == "True" || value == "TRUE" || value == "t";
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result<ResourcePath> ParseResourcePath(std::string_view path) {
  const Error none{ErrorCode::kNotFound, "path: not of a resource"};
  if (!path.starts_with('/')) return none;
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> parts = Split(path, '/');
  ResourcePath result;
  std::size_t at = 1;
  if (parts[0] == "apis") {
    if (parts.size() < 2) return none;
    result.group = parts[at++];
  } else if (parts[0] != "api") {
    return none;
  }
  if (parts.size() < at + 2) return none;
  result.version = parts[at++];
  // /namespaces/{ns} itself, and its subresources, are about the namespace as an object.
  const std::size_t left = parts.size() - at;
  const bool of_namespace = left == 3 && result.group.empty() &&
                            (parts[at + 2] == "status" || parts[at + 2] == "finalize");
  if (parts[at] == "namespaces" && left >= 3 && !of_namespace) {
    result.ns = parts[at + 1];
    at += 2;
  }
  result.plural = parts[at++];
  if (at < parts.size()) result.name = parts[at++];
  if (at < parts.size()) result.subresource = parts[at++];
  if (at < parts.size()) return none;
  return result;
}

Representation NegotiateRepresentation(std::string_view accept) {
  if (accept.empty()) return Representation::kObject;
  for (const std::string& part : Split(accept, ',')) {
    if (!IsJson(MediaType(part))) continue;
    const std::string_view as = Parameter(part, "as");
    const std::string_view group = Parameter(part, "g");
    if (as.empty()) return Representation::kObject;
    if (group != "meta.k8s.io" || Parameter(part, "v") != "v1") continue;
    if (as == "Table") return Representation::kTable;
    if (as == "PartialObjectMetadataList" || as == "PartialObjectMetadata") {
      return Representation::kMetadata;
    }
  }
  return Representation::kNone;
}

bool AcceptsAggregatedDiscovery(std::string_view accept) {
  for (const std::string& part : Split(accept, ',')) {
    if (IsJson(MediaType(part)) && Parameter(part, "g") == "apidiscovery.k8s.io" &&
        Parameter(part, "v") == "v2" && Parameter(part, "as") == "APIGroupDiscoveryList") {
      return true;
    }
  }
  return false;
}

}  // namespace hpaplus::embedded
