#include "engine/kube/discovery.h"

#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "engine/base/url.h"
#include "engine/kube/discovery_reply.h"

namespace hpaplus::kube {
namespace {

constexpr Duration kKeepFound = std::chrono::minutes(10);
constexpr Duration kKeepMissing = std::chrono::seconds(10);
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr std::size_t kMaxKinds = 10'000;
constexpr std::size_t kMaxReplyBytes = 8U << 20U;

// Nothing when the version does not have the kind.
std::optional<Result<ServedKind>> Pick(const std::vector<ApiResource>& resources,
                                       const KindKey& kind, const std::string& version) {
  const auto is_it = [&kind](const ApiResource& resource) {
    return resource.kind == kind.kind && resource.name.find('/') == std::string::npos;
  };
  const auto resource = std::find_if(resources.begin(), resources.end(), is_it);
  if (resource == resources.end()) return std::nullopt;
  if (!resource->namespaced) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("kube: {} is not in namespaces", kind.kind)};
  }
  const bool has_scale = std::any_of(
      resources.begin(), resources.end(),
      [scale = resource->name + "/scale"](const auto& one) { return one.name == scale; });
  return ServedKind{kind.group, version, resource->name, has_scale};
}

}  // namespace

Result<ServedKind> Discovery::Find(const KindKey& kind, std::string_view version) {
  const Key key{kind, std::string(version)};
  {
    const MutexLock lock(mutex_);
    const auto known = found_.find(key);
    if (known != found_.end() && known->second.until > clock_.Now()) return known->second.kind;
  }
  Result<ServedKind> found = Ask(kind, version);
  const bool is_missing = !found && (found.error().code == ErrorCode::kNotFound ||
                                     found.error().code == ErrorCode::kInvalidArgument);
  if (!found && !is_missing) return found;
  const MutexLock lock(mutex_);
  const Timestamp now = clock_.Now();
  if (found_.size() >= kMaxKinds) {
    std::erase_if(found_, [now](const auto& one) { return one.second.until <= now; });
  }
  if (found_.size() < kMaxKinds) {
    found_.insert_or_assign(key, Found{found, now + (is_missing ? kKeepMissing : kKeepFound)});
  }
  return found;
}

Result<std::string> Discovery::Get(std::string path) {
  KubeRequest request;
  request.path = std::move(path);
  request.verb = "get";
  request.resource = "discovery";
  request.max_response_bytes = kMaxReplyBytes;
  return kube_.Call(request, clock_.Now() + kPatience);
}

Result<std::vector<std::string>> Discovery::VersionsOf(const KindKey& kind,
                                                       std::string_view first) {
  if (kind.group.empty()) return std::vector<std::string>{"v1"};
  Result<std::string> body = Get("/apis/" + PercentEncode(kind.group));
  if (!body && body.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, fmt::format("kube: no API group {} is served", kind.group)};
  }
  if (!body) return body.error();
  Result<std::vector<std::string>> versions = ParseApiGroup(*body);
  if (!versions) return versions;
  std::stable_partition(versions->begin(), versions->end(),
                        [first](const std::string& version) { return version == first; });
  return versions;
}

Result<ServedKind> Discovery::Ask(const KindKey& kind, std::string_view version) {
  Result<std::vector<std::string>> versions = VersionsOf(kind, version);
  if (!versions) return versions.error();
  std::optional<Result<ServedKind>> without_scale;
  for (const std::string& one : *versions) {
    const std::string base = kind.group.empty() ? "/api" : "/apis/" + PercentEncode(kind.group);
    Result<std::string> body = Get(fmt::format("{}/{}", base, PercentEncode(one)));
    if (!body && body.error().code == ErrorCode::kNotFound) continue;  // It has just gone.
    if (!body) return body.error();
    const Result<std::vector<ApiResource>> resources = ParseApiResources(*body);
    if (!resources) return resources.error();
    std::optional<Result<ServedKind>> picked = Pick(*resources, kind, one);
    if (!picked) continue;
    if (*picked && (*picked)->has_scale) return *std::move(picked);
    if (!without_scale) without_scale = std::move(picked);
  }
  if (without_scale) return *std::move(without_scale);
  return Error{ErrorCode::kNotFound,
               fmt::format("kube: no kind {} is served in API group {}", kind.kind,
                           kind.group.empty() ? "\"\"" : kind.group)};
}

}  // namespace hpaplus::kube
