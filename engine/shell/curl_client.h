#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/ports/clock.h"
#include "engine/ports/http_stream.h"
#include "engine/shell/curl_loop.h"

namespace hpaplus {

/// HTTP over libcurl. TLS 1.2 or newer and always verified; HTTP/2 where a TLS server offers it;
/// neither redirects, .netrc nor the environment's proxies.
///
/// Two threads, one for calls and one for streams: the calls to an HTTP/2 server share a
/// connection, while each stream has its own, on which a slow reader holds up nobody but itself.
/// Credentials are in no error text; neither are queries.
class CurlClient final : public AsyncHttpClient {
 public:
  /// `clock` must outlive the client.
  explicit CurlClient(Clock& clock, const CurlOptions& options = {});

  [[nodiscard]] std::vector<Result<HttpResponse>> SendAll(std::span<const HttpRequest> requests,
                                                          Timestamp deadline) override;
  void Start(HttpRequest request, Timestamp deadline, OnDone on_done) override;
  [[nodiscard]] Result<std::unique_ptr<LineStream>> Open(HttpRequest request, Timestamp deadline,
                                                         const std::stop_token& stop) override;

  /// For a stop that must not wait for the slowest server: no call, running or to come, gets more
  /// time than until `last`. Streams go on.
  void EndCallsBy(Timestamp last) { calls_.EndBy(last); }

 private:
  Clock& clock_;
  const std::size_t stream_buffer_bytes_;
  CurlLoop streams_;
  CurlLoop calls_;
};

}  // namespace hpaplus
