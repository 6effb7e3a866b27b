#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/kube/object_status.h"
#include "engine/model/source.h"
#include "engine/ports/source_health.h"

namespace hpaplus::kube {

/// The status of a MetricSource or ClusterMetricSource: for people, never an input of a decision.
struct SourceStatus {
  std::int64_t observed_generation = 0;
  std::optional<Timestamp> last_success;  // Whole seconds, as it is stored.
  std::int64_t failures = 0;
  bool breaker_open = false;
  StatusCondition ready;  // Without a type when there is none yet.
  bool operator==(const SourceStatus&) const = default;
};

/// A source object as far as its status is concerned.
struct SourceObject {
  SourceName name;
  std::string ns;  // Empty: a ClusterMetricSource.
  std::string object;
  std::string uid;
  std::int64_t generation = 0;
  std::string reason;     // Why the newest spec cannot be used: "InvalidSpec", "SecretNotUsable".
  std::string problem;    // The same for people; empty when it can.
  bool in_force = false;  // There is a usable spec, if perhaps an older one.
  SourceStatus stored;    // What the object had when it was seen first.
};

/// Pure. `not_usable` is why no collector could be made of the spec; empty when one could. A source
/// that has not been asked since it was set keeps what is known of it.
[[nodiscard]] SourceStatus MakeSourceStatus(const SourceObject& object,
                                            const std::string& not_usable,
                                            const SourceHealth& health,
                                            const SourceStatus& previous, Timestamp now);

/// Whether two statuses tell people the same, apart from times, counts and how texts quote them.
[[nodiscard]] bool SameMeaning(const SourceStatus& a, const SourceStatus& b);

/// The merge patch for the status subresource of the object with this UID and no other.
[[nodiscard]] std::string SourceStatusPatch(const SourceStatus& status, const std::string& uid);

/// The status that is stored in a source object, from the whole object's JSON. What has another
/// type than ours is passed over.
[[nodiscard]] SourceStatus ParseSourceStatus(std::string_view json);

}  // namespace hpaplus::kube
