#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace hpaplus {

/// An IP address. IPv4 is kept in its IPv6 form ::ffff:a.b.c.d, so that both ways to write one
/// address are equal.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // In network order.
  bool operator==(const IpAddress&) const = default;

  /// "10.0.0.1" and "fe80::1"; no port, no zone, no brackets, none of inet_aton's decimal or octal
  /// forms. Null: it is no address.
  [[nodiscard]] static std::optional<IpAddress> Parse(std::string_view text);
  /// 4 or 16 bytes in network order; anything else is a bug.
  [[nodiscard]] static IpAddress FromBytes(std::span<const std::uint8_t> bytes);

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] std::string ToString() const;
};

/// The addresses that share their first `bits` bits of 128. A network of IPv6 contains no IPv4
/// address: "::/0" leaves "0.0.0.0/0" alone.
struct IpNetwork {
  IpAddress first;
  int bits = 128;
  bool operator==(const IpNetwork&) const = default;

  [[nodiscard]] bool Contains(const IpAddress& address) const;
  [[nodiscard]] std::string ToString() const;
};

/// "10.0.0.0/8", "fd00::/8", or one address. kInvalidArgument says what is wrong, such as bits
/// behind the prefix.
[[nodiscard]] Result<IpNetwork> ParseNetwork(std::string_view text);

/// Where metric sources may lead us: whoever writes a MetricSource chooses a name, and whoever
/// serves that name chooses the address, so it is the address that is judged, each time a
/// connection is opened.
///
/// The narrowest network that contains an address decides; of equal ones the configured. What no
/// network contains is allowed. Denied without configuration: this host (loopback, unspecified),
/// the link (169.254.0.0/16, fe80::/10), multicast, reserved ranges, tunnels, and the metadata
/// services of clouds that are elsewhere. An address that carries an IPv4 address (NAT64, 6to4) has
/// to be allowed as both. Immutable; thread-safe.
class EgressPolicy {
 public:
  static constexpr std::size_t kNetworksMost = 1000;
  struct Config {
    std::vector<IpNetwork> allow;
    std::vector<IpNetwork> deny;
  };

  EgressPolicy();  // Without configuration.
  /// kInvalidArgument: a network is in both lists, or there are too many.
  [[nodiscard]] static Result<EgressPolicy> Create(const Config& config);

  /// The same with this host's loopback addresses allowed, unless they are denied by configuration:
  /// for whoever runs beside the sources.
  [[nodiscard]] EgressPolicy WithLoopback() const;

  /// kPermissionDenied names the address, the network, and why.
  [[nodiscard]] Status Check(const IpAddress& address) const;
  /// The same for text; what is no address is not allowed either.
  [[nodiscard]] Status Check(std::string_view address) const;

 private:
  struct Rule {
    IpNetwork network;
    bool allows = false;
    std::string_view why;  // Static.
  };
  explicit EgressPolicy(std::vector<Rule> rules) : rules_(std::move(rules)) {}
  [[nodiscard]] const Rule* Find(const IpAddress& address) const;

  std::vector<Rule> rules_;  // The narrowest first, of equals the configured.
};

}  // namespace hpaplus
