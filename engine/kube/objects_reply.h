#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/label_selector.h"
#include "engine/model/metric_spec.h"
#include "engine/model/pod.h"
#include "engine/model/workload.h"

namespace hpaplus::kube {

// From the JSON of one API object to the few fields that we keep of it. Everything here is pure and
// thread-safe; errors are kMalformedData and name the object and the field.

/// metadata.
struct ObjectMeta {
  std::string ns;  // Empty: cluster-scoped.
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  Labels labels;
  bool operator==(const ObjectMeta&) const = default;
};

struct PodObject {
  std::string ns;
  std::string uid;
  std::string resource_version;
  Pod pod;
  std::string ip;       // status.podIP
  std::string node;     // spec.nodeName
  std::string host_ip;  // status.hostIP
};

/// Something with replicas: a Deployment, StatefulSet or ReplicaSet, or a Scale.
struct ScaledObject {
  ObjectMeta meta;
  ScaleState scale;  // kKnown.
};

/// A HorizontalPodAutoscaler and what it scales.
struct ForeignScaler {
  ObjectMeta meta;
  ObjectRef target;
};

/// Needs no more than metadata.name, so it reads PartialObjectMetadata too.
[[nodiscard]] Result<ObjectMeta> ParseObjectMeta(std::string_view json);
[[nodiscard]] Result<PodObject> ParsePod(std::string_view json);
/// apps/v1 Deployment, StatefulSet or ReplicaSet: the size is in spec, the selector an object.
[[nodiscard]] Result<ScaledObject> ParseAppsWorkload(std::string_view json);
/// autoscaling/v1 Scale: the selector is text, in status.
[[nodiscard]] Result<ScaledObject> ParseScale(std::string_view json);
[[nodiscard]] Result<ForeignScaler> ParseForeignScaler(std::string_view json);
/// A Secret's data, decoded.
[[nodiscard]] Result<std::map<std::string, std::string>> ParseSecretData(std::string_view json);

/// A resourceVersion as a number, which it is on every real API server.
[[nodiscard]] std::optional<std::uint64_t> VersionNumber(std::string_view text);

/// True when `candidate` is surely an older version of an object than `known`; what is not a number
/// is never older.
[[nodiscard]] bool IsOlderVersion(std::string_view candidate, std::string_view known);

}  // namespace hpaplus::kube
