#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hpaplus {

/// Whether a request's Host header names this server in a way that no stranger can make a browser
/// use. A page of somebody else's may have its own name resolve to an address of ours
/// ("DNS rebinding") and then read what we answer as if it were its own; such a name is a public
/// one. So are taken: addresses, names without a dot, "localhost" and what ends in it, a cluster's
/// names ending in ".svc" or ".cluster.local", and `names`. With or without a port; an absent
/// header, which no browser sends, too.
[[nodiscard]] bool IsOwnHost(std::string_view header, const std::vector<std::string>& names);

}  // namespace hpaplus
