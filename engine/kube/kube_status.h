#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::kube {

/// A metav1.Status: why the API server refused something.
struct ApiStatus {
  int code = 0;
  std::string reason;   // "NotFound", "Expired".
  std::string message;  // For people.
  std::string causes;   // "spec.replicas: Invalid value: -1; ..."; empty when there are none.
  bool version_too_large = false;  // The server has not reached the resourceVersion asked for.
};

/// Nothing for whatever is not a Status object. Pure.
[[nodiscard]] std::optional<ApiStatus> ParseApiStatus(std::string_view json);

/// The Error for an answer that is not 2xx, as KubeClient promises it. `what` begins the message:
/// "put deployments/scale". The message is one line of bounded length.
[[nodiscard]] Error ToError(std::string_view what, int http_status, std::string_view body);

/// The same for a Status that came in a watch event.
[[nodiscard]] Error ToError(std::string_view what, const ApiStatus& status);

/// How long to wait from `now` on: a Retry-After header's seconds or HTTP date. Nothing for
/// anything else. Never negative, never more than a minute.
[[nodiscard]] std::optional<Duration> ParseRetryAfter(std::string_view header, Timestamp now);

}  // namespace hpaplus::kube
