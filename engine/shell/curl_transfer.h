#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/egress_policy.h"
#include "engine/ports/http_stream.h"
#include "engine/shell/curl_stream.h"

namespace hpaplus {

/// Limits and habits of every connection of a CurlClient.
struct CurlOptions {
  std::string user_agent = "hpaplus";
  std::string proxy;  // "http://proxy:3128"; empty for none. The environment is not asked.
  std::size_t max_connections = 256;
  std::size_t max_connections_per_host = 16;
  std::size_t max_streams_per_connection = 100;
  std::size_t max_header_bytes = 64U << 10U;
  std::size_t stream_buffer_bytes = 1U << 20U;
  Duration connect_timeout = std::chrono::seconds(5);
  // Sent but unacknowledged for so long: the connection is dead.
  Duration tcp_user_timeout = std::chrono::seconds(10);
  // Judges each address that a connection is about to be opened to, whatever name led there. Null:
  // all may be. Behind a proxy only the proxy's own address is seen.
  std::shared_ptr<const EgressPolicy> egress;
  std::vector<std::string> resolve;  // "host:port:address[,address]" in place of DNS.
};

/// One request on its way through libcurl. Lives on the curl thread; everything that libcurl points
/// into is in here, so it neither moves nor dies before its handle is removed.
class CurlTransfer {
 public:
  /// A call when `on_done` is set, a stream when `stream` is.
  CurlTransfer(HttpRequest request, AsyncHttpClient::OnDone on_done,
               std::shared_ptr<StreamBuffer> stream);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// Configures `easy`, a CURL*, which the caller owns and which outlives the transfer.
  /// kInvalidArgument for what cannot be sent.
  [[nodiscard]] Status Prepare(void* easy, const CurlOptions& options);

  /// Tells whoever waits. `curl_code` is libcurl's CURLcode.
  void Finish(int curl_code);
  /// The same, for what did not fail in libcurl. The host is put before the message.
  void Fail(Error error);

  /// A stream whose head is there has no deadline any more: its reader has.
  [[nodiscard]] bool HasDeadline() const { return !head_handed_out_; }

  // libcurl's callbacks.
  std::size_t OnHeader(std::string_view line);
  std::size_t OnBody(std::string_view bytes);
  /// Whether a connection may be opened to an address; null for one that is no IP address.
  [[nodiscard]] bool MayConnect(const std::optional<IpAddress>& address);

 private:
  [[nodiscard]] Status SetUrl(bool* is_tls);
  [[nodiscard]] bool AddQuery(void* url) const;
  [[nodiscard]] Status SetHeaders();
  void SetMethodAndBody();
  void SetConnection(const CurlOptions& options, bool is_tls);
  void SetTls();
  void SetEgress(const CurlOptions& options);
  [[nodiscard]] Error Describe(int curl_code) const;
  void End(Result<HttpResponse> result);

  struct SlistDeleter {
    void operator()(void* list) const;
  };
  using Slist = std::unique_ptr<void, SlistDeleter>;
  static void Append(Slist* list, const std::string& line);

  HttpRequest request_;
  AsyncHttpClient::OnDone on_done_;
  std::shared_ptr<StreamBuffer> stream_;

  void* easy_ = nullptr;
  std::string host_;  // "host:port", for messages and the Host header.
  Slist headers_;
  Slist connect_to_;
  Slist resolve_;
  const EgressPolicy* egress_ = nullptr;
  std::string egress_problem_;  // Of the last address that was not allowed.
  bool egress_allowed_ = false;
  std::array<char, 256> error_text_{};  // CURL_ERROR_SIZE.

  HttpResponse response_;
  std::size_t max_header_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  bool header_limit_hit_ = false;
  bool body_limit_hit_ = false;
  bool head_handed_out_ = false;
};

}  // namespace hpaplus
