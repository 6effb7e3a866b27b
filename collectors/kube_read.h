#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::collectors {

/// Reads paths of the API server ("/apis/metrics.k8s.io/v1beta1/pods"), all at once: the body or
/// the error of each, in order, every one in by `deadline`. Errors are those of kube::KubeClient,
/// which is behind it; it also limits the size of an answer. Blocks; called by one collector's
/// thread at a time.
using KubeRead = std::function<std::vector<Result<std::string>>(std::span<const std::string> paths,
                                                                Timestamp deadline)>;

}  // namespace hpaplus::collectors
