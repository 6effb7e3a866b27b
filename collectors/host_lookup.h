#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/model/egress_policy.h"

namespace hpaplus::collectors {

/// The addresses of a host, as /etc/hosts and DNS say, in their order, at most 64; an address is
/// its own. Blocks, but not for longer than `patience`; no thread is needed. kUnavailable names the
/// host and why there are none, kDeadlineExceeded that it took too long.
[[nodiscard]] Result<std::vector<IpAddress>> LookUpHost(const std::string& host, Duration patience,
                                                        const std::stop_token& stop);

}  // namespace hpaplus::collectors
