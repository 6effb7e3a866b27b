#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "engine/ports/http_client.h"

namespace hpaplus {

/// A long answer, line by line: a Kubernetes watch. Owned and read by one thread; destroying it
/// ends the request.
class LineStream {
 public:
  virtual ~LineStream() = default;

  /// Status and headers, which have arrived before the stream is handed out. When the status is not
  /// 200, the lines are the error's body.
  [[nodiscard]] virtual const HttpResponse& head() const = 0;

  /// Blocks for the next line, without its newline. Nothing at the regular end of the answer.
  /// kDeadlineExceeded when no line came by `deadline` or until `stop` (the stream stays usable),
  /// kUnavailable when the connection broke, kMalformedData for a line above the request's
  /// max_response_bytes.
  [[nodiscard]] virtual Result<std::optional<std::string>> ReadLine(
      Timestamp deadline, const std::stop_token& stop) = 0;
};

/// HttpClient for those who cannot wait, or wait for long. Thread-safe.
class AsyncHttpClient : public HttpClient {
 public:
  using OnDone = std::function<void(Result<HttpResponse>)>;

  /// Returns at once. `on_done` is called exactly once, on the client's own thread: it must be
  /// short and must not call into the client but for Start().
  virtual void Start(HttpRequest request, Timestamp deadline, OnDone on_done) = 0;

  /// Blocks until the head of the answer is there, at most until `deadline`; kUnavailable when
  /// `stop` comes first.
  [[nodiscard]] virtual Result<std::unique_ptr<LineStream>> Open(HttpRequest request,
                                                                 Timestamp deadline,
                                                                 const std::stop_token& stop) = 0;
};

}  // namespace hpaplus
