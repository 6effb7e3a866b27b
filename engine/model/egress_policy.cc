#include "engine/model/egress_policy.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include <arpa/inet.h>
#include <fmt/core.h>

#include "engine/base/check.h"

namespace hpaplus {
namespace {

constexpr int kAllBits = 128;
constexpr int kV4Prefix = 96;  // Of ::ffff:0:0/96.

struct BuiltIn {
  std::string_view network;
  std::string_view why;
};

constexpr BuiltIn kDenied[] = {
    {"0.0.0.0/8", "this host"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local and cloud metadata"},
    {"192.0.0.0/24", "reserved and cloud metadata"},
    {"100.100.100.200", "cloud metadata"},
    {"168.63.129.16", "cloud metadata"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved and broadcast"},
    {"::/96", "loopback, unspecified and IPv4-compatible"},
    {"64:ff9b:1::/48", "local NAT64"},
    {"100::/64", "discard"},
    {"2001::/32", "Teredo"},
    {"fd00:ec2::254", "cloud metadata"},
    {"fd20:ce::254", "cloud metadata"},
    {"fe80::/10", "link-local"},
    {"fec0::/10", "site-local"},
    {"ff00::/8", "multicast"},
};

constexpr std::string_view kConfigured = "configured";

bool SamePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.bytes.begin(), a.bytes.begin() + bits / 8, b.bytes.begin())) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFF << (8 - rest));
  return ((a.bytes[whole] ^ b.bytes[whole]) & mask) == 0;
}

// The IPv4 address inside an address of NAT64 (64:ff9b::/96) or 6to4 (2002::/16).
std::optional<IpAddress> Carried(const IpAddress& address) {
  const std::span<const std::uint8_t> bytes(address.bytes);
  constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B};
  if (std::ranges::equal(bytes.first<12>(), kNat64)) return IpAddress::FromBytes(bytes.last<4>());
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return IpAddress::FromBytes(bytes.subspan(2, 4));
  return std::nullopt;
}

Error BadNetwork(std::string_view text, std::string_view what) {
  return {ErrorCode::kInvalidArgument, fmt::format("\"{}\" {}", text.substr(0, 64), what)};
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string copy(text.substr(0, INET6_ADDRSTRLEN));
  if (copy.size() != text.size() || copy.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    return FromBytes(std::span(bytes).first(4));
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return FromBytes(bytes);
  return std::nullopt;
}

IpAddress IpAddress::FromBytes(std::span<const std::uint8_t> bytes) {
  HPAPLUS_CHECK(bytes.size() == 4 || bytes.size() == 16);
  IpAddress address;
  if (bytes.size() == 4) address.bytes[10] = address.bytes[11] = 0xFF;
  std::ranges::copy(bytes, address.bytes.end() - static_cast<std::ptrdiff_t>(bytes.size()));
  return address;
}

bool IpAddress::is_v4() const {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::ranges::equal(std::span(bytes).first<12>(), kMapped);
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* from = is_v4() ? bytes.data() + 12 : bytes.data();
  HPAPLUS_CHECK(inet_ntop(is_v4() ? AF_INET : AF_INET6, from, text.data(), text.size()) != nullptr);
  return text.data();
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return first.is_v4() == address.is_v4() && SamePrefix(first, address, bits);
}

std::string IpNetwork::ToString() const {
  return fmt::format("{}/{}", first.ToString(), first.is_v4() ? bits - kV4Prefix : bits);
}

Result<IpNetwork> ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return BadNetwork(text, "is no IP address and no network such as 10.0.0.0/8");
  if (slash == std::string_view::npos) return IpNetwork{*address, kAllBits};

  const bool written_as_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool leading = digits.size() > 1 && digits.front() == '0';
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || leading || bits < 0 ||
      bits > (written_as_v4 ? 32 : kAllBits)) {
    return BadNetwork(text, "has no such number of bits");
  }
  if (written_as_v4) bits += kV4Prefix;
  if (address->is_v4() && bits < kV4Prefix) {
    return BadNetwork(text, "contains only a part of IPv4");
  }
  IpAddress first = *address;
  for (int bit = bits; bit < kAllBits; ++bit) {
    first.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
  }
  if (first != *address) {
    return BadNetwork(
        text, "has bits behind the prefix; the network is " + IpNetwork{first, bits}.ToString());
  }
  return IpNetwork{first, bits};
}

EgressPolicy::EgressPolicy() : EgressPolicy(*Create({})) {}

Result<EgressPolicy> EgressPolicy::Create(const Config& config) {
  if (config.allow.size() + config.deny.size() > kNetworksMost) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("egress: more than {} networks", kNetworksMost)};
  }
  std::vector<Rule> rules;
  for (const IpNetwork& network : config.allow) {
    if (std::ranges::find(config.deny, network) != config.deny.end()) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("egress: {} is both allowed and denied", network.ToString())};
    }
    rules.push_back({network, true, kConfigured});
  }
  for (const IpNetwork& network : config.deny)
    rules.push_back({network, false, kConfigured});
  for (const BuiltIn& denied : kDenied)
    rules.push_back({*ParseNetwork(denied.network), false, denied.why});
  std::ranges::stable_sort(rules, std::greater{},
                           [](const Rule& rule) { return rule.network.bits; });
  return EgressPolicy(std::move(rules));
}

EgressPolicy EgressPolicy::WithLoopback() const {
  EgressPolicy policy = *this;
  for (Rule& rule : policy.rules_) {
    const bool loopback = rule.network.Contains(*IpAddress::Parse("127.0.0.1")) ||
                          rule.network.Contains(*IpAddress::Parse("::1"));
    if (loopback && rule.why != kConfigured) rule.allows = true;
  }
  return policy;
}

const EgressPolicy::Rule* EgressPolicy::Find(const IpAddress& address) const {
  const auto found = std::ranges::find_if(
      rules_, [&](const Rule& rule) { return rule.network.Contains(address); });
  return found == rules_.end() ? nullptr : &*found;
}

Status EgressPolicy::Check(const IpAddress& address) const {
  const Rule* rule = Find(address);
  if (rule == nullptr || rule->allows) {
    const auto carried = Carried(address);
    if (!carried) return Done{};
    rule = Find(*carried);
    if (rule == nullptr || rule->allows) return Done{};
  }
  return Error{ErrorCode::kPermissionDenied,
               fmt::format("the egress policy does not allow {} (in {}: {})", address.ToString(),
                           rule->network.ToString(), rule->why)};
}

Status EgressPolicy::Check(std::string_view address) const {
  const auto parsed = IpAddress::Parse(address);
  if (parsed) return Check(*parsed);
  return Error{ErrorCode::kPermissionDenied,
               fmt::format("the egress policy allows addresses only, and \"{}\" is none",
                           address.substr(0, 64))};
}

}  // namespace hpaplus
