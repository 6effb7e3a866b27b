#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/kube/kube_client.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// GETs all paths at once: the body or the error of each, in order. Blocks until all are in, at
/// most until `deadline`; what is missing then is kDeadlineExceeded, and is not sent any more if it
/// still waits for its turn. Nothing is repeated: metrics are asked for again in the next period.
/// `resource` is for telemetry. Thread-safe.
[[nodiscard]] std::vector<Result<std::string>> GetAll(KubeClient& client, Clock& clock,
                                                      const std::string& resource,
                                                      std::span<const std::string> paths,
                                                      Timestamp deadline);

}  // namespace hpaplus::kube
