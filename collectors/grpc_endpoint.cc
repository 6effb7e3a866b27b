#include "collectors/grpc_endpoint.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include <fmt/core.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include "collectors/http_answer.h"
#include "engine/base/base64.h"
#include "engine/base/log.h"

namespace hpaplus::collectors {
namespace {

constexpr int kHeadersMost = 16 << 10;  // Bytes of an answer's headers and trailers.
constexpr int kReconnectFirstMs = 200;
constexpr int kReconnectMostMs = 5'000;  // gRPC's own limit of two minutes is a long blindness.
// Servers take pings more often than every five minutes for an attack, and hang up.
constexpr int kPingEveryMs = 330'000;
constexpr int kPingPatienceMs = 20'000;

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}

bool IsBracketed(std::string_view host) {
  if (host.size() < 4 || !host.starts_with('[') || !host.ends_with(']')) return false;
  return host.substr(1, host.size() - 2).find_first_not_of("0123456789abcdefABCDEF:.") ==
         std::string_view::npos;
}

bool IsPort(std::string_view text) {
  int port = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stopped == end && port > 0 && port < 65536 && text.front() != '0';
}

// "host:port", and nothing that gRPC would take for another way to name an address.
bool IsHostAndPort(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view host = address.substr(0, colon);
  return (IsBracketed(host) || std::ranges::all_of(host, IsHostCharacter)) &&
         IsPort(address.substr(colon + 1));
}

// gRPC aborts the program over a header that holds anything else.
bool IsHeaderValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && !name.starts_with("grpc-") && !name.ends_with("-bin") &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::pair<std::string, std::string>> HeadersOf(const HttpAuth& auth) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (!auth.bearer_token.empty()) {
    headers.emplace_back("authorization", "Bearer " + auth.bearer_token);
  }
  if (!auth.basic_username.empty()) {
    headers.emplace_back("authorization",
                         "Basic " + EncodeBase64(auth.basic_username + ":" + auth.basic_password));
  }
  if (!auth.header.first.empty()) {
    headers.emplace_back(Lower(auth.header.first), auth.header.second);
  }
  return headers;
}

ErrorCode CodeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return ErrorCode::kDeadlineExceeded;
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return ErrorCode::kPermissionDenied;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNIMPLEMENTED:
      return ErrorCode::kInvalidArgument;
    case grpc::StatusCode::OK:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
    case grpc::StatusCode::DO_NOT_USE:
      break;
  }
  return ErrorCode::kUnavailable;
}

std::string_view NameOf(grpc::StatusCode code) {
  constexpr std::string_view kNames[] = {"OK",
                                         "CANCELLED",
                                         "UNKNOWN",
                                         "INVALID_ARGUMENT",
                                         "DEADLINE_EXCEEDED",
                                         "NOT_FOUND",
                                         "ALREADY_EXISTS",
                                         "PERMISSION_DENIED",
                                         "RESOURCE_EXHAUSTED",
                                         "FAILED_PRECONDITION",
                                         "ABORTED",
                                         "OUT_OF_RANGE",
                                         "UNIMPLEMENTED",
                                         "INTERNAL",
                                         "UNAVAILABLE",
                                         "DATA_LOSS",
                                         "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : "an unknown code";
}

// A channel has addresses of one family only: that of the first.
std::string TargetOf(std::span<const IpAddress> addresses, std::string_view port) {
  const bool is_v4 = addresses.front().is_v4();
  std::string target;
  for (const IpAddress& address : addresses) {
    if (address.is_v4() != is_v4) continue;
    target += target.empty() ? (is_v4 ? "ipv4:" : "ipv6:") : ",";
    target += is_v4 ? address.ToString() : "%5B" + address.ToString() + "%5D";
    target += fmt::format(":{}", port);
  }
  return target;
}

// gRPC would write lines of its own to stderr, for each attempt to connect. What they say is in the
// status of the calls, too.
void LogAsWeDo(gpr_log_func_args* line) {
  HPAPLUS_LOG(kDebug, "grpc", {{"text", Printable(line->message)}});
}

}  // namespace

Result<GrpcEndpoint> GrpcEndpoint::Create(std::string_view who, const ResolvedSource& source) {
  const auto refuse = [&](std::string_view what) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}: {}", who, what)};
  };
  static std::once_flag logging;
  std::call_once(logging, [] { gpr_set_log_function(&LogAsWeDo); });
  GrpcEndpoint endpoint;
  std::string_view address = source.spec.endpoint;
  endpoint.secure_ = address.starts_with("grpcs://");
  if (!endpoint.secure_ && !address.starts_with("grpc://")) {
    return refuse("the endpoint does not start with grpc:// or grpcs://");
  }
  address.remove_prefix(endpoint.secure_ ? 8 : 7);
  if (!IsHostAndPort(address)) return refuse("the endpoint is not grpc://host:port");
  const std::size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  endpoint.host_ = host;
  endpoint.port_ = address.substr(colon + 1);
  endpoint.authority_ = address;
  endpoint.auth_ = source.auth;
  endpoint.metadata_ = HeadersOf(source.auth);
  const bool has_tls = !source.auth.ca_pem.empty() || !source.auth.client_cert_pem.empty() ||
                       !source.auth.client_key_pem.empty();
  if (!endpoint.secure_ && (has_tls || !endpoint.metadata_.empty())) {
    return refuse("credentials are only sent over TLS, to a grpcs:// endpoint");
  }
  for (const auto& [name, value] : endpoint.metadata_) {
    if (!IsHeaderName(name)) return refuse("gRPC has no header of the name in auth.header");
    if (!IsHeaderValue(value)) return refuse("the credentials hold bytes that no header can");
  }
  constexpr std::size_t kMost = 1U << 30U;  // gRPC counts in int; specs stay far below.
  endpoint.max_response_bytes_ = static_cast<int>(std::min(source.spec.max_response_bytes, kMost));
  return endpoint;
}

std::shared_ptr<grpc::Channel> GrpcEndpoint::Connect(std::span<const IpAddress> addresses) const {
  grpc::ChannelArguments arguments;
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, authority_);  // Also what certificates must name.
  arguments.SetMaxReceiveMessageSize(max_response_bytes_);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kHeadersMost);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectFirstMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kReconnectFirstMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMostMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kPingEveryMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingPatienceMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // Nobody else's connection.
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (secure_) {
    if (!auth_.tls_server_name.empty()) {
      arguments.SetSslTargetNameOverride(auth_.tls_server_name);
    }
    credentials = grpc::SslCredentials({auth_.ca_pem, auth_.client_key_pem, auth_.client_cert_pem});
  }
  return grpc::CreateCustomChannel(TargetOf(addresses, port_), credentials, arguments);
}

void GrpcEndpoint::Authorize(grpc::ClientContext& context) const {
  for (const auto& [name, value] : metadata_)
    context.AddMetadata(name, value);
}

Error ErrorOf(std::string_view who, const grpc::Status& status) {
  const grpc::StatusCode code = status.error_code();
  const bool too_large = status.error_message().starts_with("Received message larger");
  return {CodeOf(code),
          fmt::format("{}: {}: {}{}", who, NameOf(code), Printable(status.error_message()),
                      too_large ? ", see limits.maxResponseBytes" : "")};
}

}  // namespace hpaplus::collectors
