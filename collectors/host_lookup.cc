#include "collectors/host_lookup.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include <ares.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>

#include "collectors/grpc_calls.h"

namespace hpaplus::collectors {
namespace {

constexpr std::size_t kAddressesMost = 64;
constexpr int kTryMs = 1'000;  // Until another server is asked.
constexpr int kTries = 3;
constexpr std::int64_t kLookMs = 50;  // How often somebody looks for a stop.
constexpr std::int64_t kNanosPerMs = 1'000'000;

struct Answer {
  bool done = false;
  int status = ARES_ENODATA;
  std::vector<IpAddress> addresses;
};

IpAddress AddressOf(const sockaddr* address) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(address);
  if (address->sa_family == AF_INET) {
    return IpAddress::FromBytes({bytes + offsetof(sockaddr_in, sin_addr), 4});
  }
  return IpAddress::FromBytes({bytes + offsetof(sockaddr_in6, sin6_addr), 16});
}

void OnAnswer(void* context, int status, int /*timeouts*/, ares_addrinfo* info) {
  Answer& answer = *static_cast<Answer*>(context);
  answer.done = true;
  answer.status = status;
  if (info == nullptr) return;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    const bool is_ip = node->ai_family == AF_INET || node->ai_family == AF_INET6;
    if (is_ip && answer.addresses.size() < kAddressesMost) {
      answer.addresses.push_back(AddressOf(node->ai_addr));
    }
  }
  ares_freeaddrinfo(info);
}

// Waits for something to happen, a little while at most, and lets the resolver go on.
void Advance(ares_channel channel, std::int64_t most_ms) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted = static_cast<unsigned>(
      ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size())));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const bool reads = (wanted >> i & 1U) != 0;
    const bool writes = (wanted >> (i + ARES_GETSOCK_MAXNUM) & 1U) != 0;
    if (!reads && !writes) break;
    polled.at(count++) = {sockets.at(i),
                          static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
  }
  (void)::poll(polled.data(), count,
               static_cast<int>(std::clamp<std::int64_t>(most_ms, 0, kLookMs)));
  for (const pollfd& one : std::span(polled).first(count)) {
    const bool readable = (one.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (one.revents & POLLOUT) != 0;
    ares_process_fd(channel, readable ? one.fd : ARES_SOCKET_BAD,
                    writable ? one.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // What has timed out.
}

}  // namespace

Result<std::vector<IpAddress>> LookUpHost(const std::string& host, Duration patience,
                                          const std::stop_token& stop) {
  if (const auto literal = IpAddress::Parse(host)) return std::vector<IpAddress>{*literal};
  const auto fail = [&](ErrorCode code, std::string_view why) {
    return Error{code, fmt::format("host {} cannot be looked up: {}", host, why)};
  };
  static std::once_flag initialised;
  std::call_once(initialised, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options options{};
  options.timeout = kTryMs;
  options.tries = kTries;
  ares_channel channel = nullptr;
  const int made = ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (made != ARES_SUCCESS) return fail(ErrorCode::kUnavailable, ares_strerror(made));
  Answer answer;  // Outlives the channel, whose end calls back.
  const std::unique_ptr<ares_channeldata, decltype(&ares_destroy)> owner(channel, &ares_destroy);

  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  const std::int64_t end = GrpcNanos() + patience.count();
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &OnAnswer, &answer);
  while (!answer.done) {
    const std::int64_t left = end - GrpcNanos();
    if (stop.stop_requested()) return fail(ErrorCode::kUnavailable, "stopped");
    if (left <= 0) return fail(ErrorCode::kDeadlineExceeded, "no answer in time");
    Advance(channel, left / kNanosPerMs + 1);
  }
  if (answer.status != ARES_SUCCESS) {
    return fail(ErrorCode::kUnavailable, ares_strerror(answer.status));
  }
  if (answer.addresses.empty()) return fail(ErrorCode::kUnavailable, "it has no address");
  return std::move(answer.addresses);
}

}  // namespace hpaplus::collectors
