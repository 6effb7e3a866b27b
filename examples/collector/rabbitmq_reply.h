#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus::collectors {

/// "VHOST/QUEUE" -> messages. "/QUEUE" in the virtual host "/".
using QueueDepths = std::map<std::string, double, std::less<>>;

/// What GET /api/queues answers. kMalformedData when it is anything else, names a queue twice, or
/// has more than `most` of them.
[[nodiscard]] Result<QueueDepths> ParseQueues(std::string_view body, std::size_t most);

}  // namespace hpaplus::collectors
