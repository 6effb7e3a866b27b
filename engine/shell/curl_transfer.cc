#include "engine/shell/curl_transfer.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <curl/curl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace hpaplus {
namespace {

constexpr long kKeepAliveIdleSeconds = 15;
constexpr long kKeepAliveIntervalSeconds = 5;

static_assert(CURL_ERROR_SIZE <= 256);

std::size_t HeaderCallback(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->OnHeader({data, size * count});
}

std::size_t BodyCallback(char* data, std::size_t size, std::size_t count, void* transfer) {
  return static_cast<CurlTransfer*>(transfer)->OnBody({data, size * count});
}

int SocketCallback(void* options, curl_socket_t socket, curlsocktype /*purpose*/) {
  const auto* timeout = &static_cast<const CurlOptions*>(options)->tcp_user_timeout;
  const auto ms = static_cast<unsigned>(
      std::chrono::duration_cast<std::chrono::milliseconds>(*timeout).count());
  // Keep-alive finds a dead peer of an idle connection, this one that of a busy one.
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
  return CURL_SOCKOPT_OK;
}

std::optional<IpAddress> AddressOf(const curl_sockaddr& address) {
  // Copied: the union that libcurl hands out need not be aligned for the others' members.
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in)) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof v4);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return IpAddress::FromBytes(bytes);
  }
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6)) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return IpAddress::FromBytes(bytes);
  }
  return std::nullopt;
}

curl_socket_t OpenSocketCallback(void* transfer, curlsocktype /*purpose*/, curl_sockaddr* address) {
  if (!static_cast<CurlTransfer*>(transfer)->MayConnect(AddressOf(*address))) {
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool HasControlByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerAscii);
  return lower;
}

// "HTTP/1.1 404 Not Found" and "HTTP/2 404".
int StatusOf(std::string_view line) {
  const std::size_t space = line.find(' ');
  int status = 0;
  if (space == std::string_view::npos) return status;
  const std::string_view rest = line.substr(space + 1);
  std::from_chars(rest.data(), rest.data() + rest.size(), status);
  return status;
}

std::string Part(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

curl_blob Blob(const std::string& pem) {
  curl_blob blob{};
  blob.data = const_cast<char*>(pem.data());  // libcurl only reads it.
  blob.len = pem.size();
  blob.flags = CURL_BLOB_NOCOPY;
  return blob;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

ErrorCode CodeFor(CURLcode code, std::string_view detail) {
  const bool broken = Contains(detail, "SYSCALL") || Contains(detail, "reset by peer");
  switch (static_cast<int>(code)) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return ErrorCode::kInvalidArgument;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return ErrorCode::kPermissionDenied;
    case CURLE_SSL_CONNECT_ERROR:
      return broken ? ErrorCode::kUnavailable : ErrorCode::kPermissionDenied;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      // In TLS 1.3 a server refuses our certificate only after the handshake.
      return Contains(detail, " alert ") ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable;
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WEIRD_SERVER_REPLY:
      return ErrorCode::kMalformedData;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

void CurlTransfer::SlistDeleter::operator()(void* list) const {
  curl_slist_free_all(static_cast<curl_slist*>(list));
}

void CurlTransfer::Append(Slist* list, const std::string& line) {
  curl_slist* grown = curl_slist_append(static_cast<curl_slist*>(list->get()), line.c_str());
  HPAPLUS_CHECK(grown != nullptr);
  static_cast<void>(list->release());
  list->reset(grown);
}

CurlTransfer::CurlTransfer(HttpRequest request, AsyncHttpClient::OnDone on_done,
                           std::shared_ptr<StreamBuffer> stream)
    : request_(std::move(request)), on_done_(std::move(on_done)), stream_(std::move(stream)) {}

CurlTransfer::~CurlTransfer() = default;

Status CurlTransfer::Prepare(void* easy, const CurlOptions& options) {
  easy_ = easy;
  max_header_bytes_ = options.max_header_bytes;
  bool is_tls = false;
  if (Status url = SetUrl(&is_tls); !url) return url;
  if (Status headers = SetHeaders(); !headers) return headers;
  SetMethodAndBody();
  SetConnection(options, is_tls);
  if (is_tls) SetTls();
  SetEgress(options);
  return Done{};
}

Status CurlTransfer::SetUrl(bool* is_tls) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  const CURLUcode parsed =
      curl_url_set(url.get(), CURLUPART_URL, request_.url.c_str(), CURLU_DISALLOW_USER);
  if (parsed == CURLUE_USER_NOT_ALLOWED) {
    return Error{ErrorCode::kInvalidArgument, "a URL must not hold a user name or password"};
  }
  if (parsed != CURLUE_OK || request_.url.find('\0') != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument, "the URL is malformed"};
  }
  const std::string scheme = Part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") {
    return Error{ErrorCode::kInvalidArgument, "only http and https URLs are supported"};
  }
  *is_tls = scheme == "https";
  const std::string host = Part(url.get(), CURLUPART_HOST);
  const std::string port = Part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  host_ = host + ":" + port;
  if (*is_tls && request_.auth != nullptr && !request_.auth->tls_server_name.empty()) {
    // The name is verified against the URL's host, so that becomes the name, and the connection
    // goes where the URL pointed to.
    if (curl_url_set(url.get(), CURLUPART_HOST, request_.auth->tls_server_name.c_str(), 0) !=
        CURLUE_OK) {
      return Error{ErrorCode::kInvalidArgument, "the TLS server name is malformed"};
    }
    Append(&connect_to_, "::" + host_);
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_.get());
  }
  if (!AddQuery(url.get())) {
    return Error{ErrorCode::kInvalidArgument, "the parameter of the URL cannot be sent"};
  }
  curl_easy_setopt(easy_, CURLOPT_URL, Part(url.get(), CURLUPART_URL).c_str());
  return Done{};
}

// The credential that is a parameter of the URL, which nobody else ever sees whole.
bool CurlTransfer::AddQuery(void* url) const {
  if (request_.auth == nullptr || request_.auth->query.first.empty()) return true;
  const auto& [name, value] = request_.auth->query;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z') ||
           Contains("-._~", std::string_view(&c, 1));
  });
  if (!plain || value.find('\0') != std::string::npos) return false;
  return curl_url_set(static_cast<CURLU*>(url), CURLUPART_QUERY, (name + "=" + value).c_str(),
                      CURLU_APPENDQUERY | CURLU_URLENCODE) == CURLUE_OK;
}

Status CurlTransfer::SetHeaders() {
  bool has_content_type = false;
  const auto add = [this, &has_content_type](const std::string& name, const std::string& value) {
    if (name.empty() || HasControlByte(name) || Contains(name, ":") || HasControlByte(value)) {
      return false;
    }
    has_content_type = has_content_type || LowerCase(name) == "content-type";
    // libcurl reads "name:" as "leave it out" and "name;" as an empty value.
    Append(&headers_, value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
    return true;
  };
  bool all_good = !request_.method.empty() && !HasControlByte(request_.method) &&
                  !Contains(request_.method, " ");
  for (const auto& [name, value] : request_.headers)
    all_good = all_good && add(name, value);
  if (request_.auth != nullptr) {
    const HttpAuth& auth = *request_.auth;
    if (!auth.bearer_token.empty()) {
      all_good = all_good && add("Authorization", "Bearer " + auth.bearer_token);
    } else if (!auth.basic_username.empty()) {
      curl_easy_setopt(easy_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt(easy_, CURLOPT_USERNAME, auth.basic_username.c_str());
      curl_easy_setopt(easy_, CURLOPT_PASSWORD, auth.basic_password.c_str());
    }
    if (!auth.header.first.empty())
      all_good = all_good && add(auth.header.first, auth.header.second);
    for (const auto& [name, value] : auth.headers)
      all_good = all_good && add(name, value);
  }
  if (!all_good) {
    return Error{ErrorCode::kInvalidArgument,
                 "the method, a header or the credential has characters that cannot be sent"};
  }
  if (!request_.body.empty() && !has_content_type) Append(&headers_, "Content-Type:");
  if (connect_to_ != nullptr) Append(&headers_, "Host: " + host_);
  Append(&headers_, "Expect:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.get());
  return Done{};
}

void CurlTransfer::SetMethodAndBody() {
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (request_.method != "GET" || !request_.body.empty()) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (stream_ == nullptr && request_.accepts_gzip) {
    curl_easy_setopt(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
  }
}

void CurlTransfer::SetConnection(const CurlOptions& options, bool is_tls) {
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &HeaderCallback);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &BodyCallback);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SOCKOPTFUNCTION, &SocketCallback);
  curl_easy_setopt(easy_, CURLOPT_SOCKOPTDATA, &options);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy_, CURLOPT_PROXY, options.proxy.c_str());  // Empty: not even the env's.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);  // Never wait for a hanging resolver thread.
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPIDLE, kKeepAliveIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
  const auto connect_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.connect_timeout).count();
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_ms));
  // A stream has a connection of its own: its back-pressure must not hold up anybody else.
  const bool shares = is_tls && stream_ == nullptr;
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION,
                   static_cast<long>(shares ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_PIPEWAIT, shares ? 1L : 0L);
}

void CurlTransfer::SetTls() {
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  if (request_.auth == nullptr) return;
  const HttpAuth& auth = *request_.auth;
  if (!auth.ca_pem.empty()) {
    // The system's directory of CAs would be trusted beside the blob.
    curl_easy_setopt(easy_, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
    const curl_blob ca = Blob(auth.ca_pem);
    curl_easy_setopt(easy_, CURLOPT_CAINFO_BLOB, &ca);
  }
  if (!auth.client_cert_pem.empty()) {
    const curl_blob cert = Blob(auth.client_cert_pem);
    const curl_blob key = Blob(auth.client_key_pem);
    curl_easy_setopt(easy_, CURLOPT_SSLCERT_BLOB, &cert);
    curl_easy_setopt(easy_, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(easy_, CURLOPT_SSLKEY_BLOB, &key);
    curl_easy_setopt(easy_, CURLOPT_SSLKEYTYPE, "PEM");
  }
}

void CurlTransfer::SetEgress(const CurlOptions& options) {
  for (const std::string& entry : options.resolve)
    Append(&resolve_, entry);
  if (resolve_ != nullptr) curl_easy_setopt(easy_, CURLOPT_RESOLVE, resolve_.get());
  if (options.egress == nullptr) return;
  egress_ = options.egress.get();
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &OpenSocketCallback);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
}

bool CurlTransfer::MayConnect(const std::optional<IpAddress>& address) {
  const Status checked =
      address ? egress_->Check(*address)
              : Error{ErrorCode::kPermissionDenied, "the egress policy allows IP addresses only"};
  if (checked) {
    egress_allowed_ = true;
  } else {
    egress_problem_ = checked.error().message;
  }
  return checked.has_value();
}

std::size_t CurlTransfer::OnHeader(std::string_view line) {
  header_bytes_ += line.size();
  if (header_bytes_ > max_header_bytes_) {
    header_limit_hit_ = true;
    return 0;
  }
  const std::string_view text = Trimmed(line);
  if (text.starts_with("HTTP/")) {  // Another one follows after 100 Continue and the like.
    response_.status = StatusOf(text);
    response_.headers.clear();
  } else if (text.empty()) {
    if (stream_ != nullptr && response_.status >= 200 && !head_handed_out_) {
      head_handed_out_ = true;
      stream_->SetHead(response_);
    }
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    response_.headers.emplace_back(LowerCase(text.substr(0, colon)),
                                   std::string(Trimmed(text.substr(colon + 1))));
  }
  return line.size();
}

std::size_t CurlTransfer::OnBody(std::string_view bytes) {
  if (stream_ != nullptr) {
    switch (stream_->Offer(bytes)) {
      case StreamBuffer::Taken::kYes:
        return bytes.size();
      case StreamBuffer::Taken::kNotNow:
        return CURL_WRITEFUNC_PAUSE;
      case StreamBuffer::Taken::kNeverAgain:
        return 0;
    }
  }
  if (bytes.size() > request_.max_response_bytes - response_.body.size()) {
    body_limit_hit_ = true;
    return 0;
  }
  response_.body.append(bytes);
  return bytes.size();
}

Error CurlTransfer::Describe(int curl_code) const {
  if (header_limit_hit_) {
    return {ErrorCode::kMalformedData,
            fmt::format("the header of the answer is longer than {} bytes", max_header_bytes_)};
  }
  if (body_limit_hit_) {
    return {ErrorCode::kMalformedData,
            fmt::format("the answer is longer than {} bytes", request_.max_response_bytes)};
  }
  if (!egress_problem_.empty() && !egress_allowed_) {
    return {ErrorCode::kPermissionDenied, egress_problem_};
  }
  const auto code = static_cast<CURLcode>(curl_code);
  std::string detail(error_text_.data());
  if (detail.empty()) detail = curl_easy_strerror(code);
  const ErrorCode ours = CodeFor(code, detail);
  switch (curl_code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ours, "TLS: the server's certificate is not trusted: " + detail};
    case CURLE_SSL_CERTPROBLEM:
      return {ours, "TLS: our certificate and key are unusable: " + detail};
    case CURLE_SSL_CACERT_BADFILE:
      return {ours, "TLS: the CA certificates are unusable: " + detail};
    case CURLE_SSL_CONNECT_ERROR:
      return {ours, "TLS: no handshake: " + detail};
    default:
      return {ours, std::move(detail)};
  }
}

void CurlTransfer::Finish(int curl_code) {
  if (curl_code == CURLE_OK) return End(std::move(response_));
  Fail(Describe(curl_code));
}

void CurlTransfer::Fail(Error error) {
  if (!host_.empty()) error.message = host_ + ": " + error.message;
  End(std::move(error));
}

void CurlTransfer::End(Result<HttpResponse> result) {
  if (stream_ != nullptr) {
    stream_->End(result ? Status(Done{}) : Status(result.error()));
  } else {
    on_done_(std::move(result));
  }
}

}  // namespace hpaplus
