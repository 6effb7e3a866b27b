#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "test/support/scripted_server.h"

namespace hpaplus::test {

inline constexpr std::string_view kSecret = "canary-5f1c";

inline ScriptedAnswer Text(std::string body) {
  ScriptedAnswer answer;
  answer.body = std::move(body);
  return answer;
}

inline ScriptedAnswer Streamed(std::function<bool(ScriptedWriter&)> stream) {
  ScriptedAnswer answer;
  answer.stream = std::move(stream);
  return answer;
}

/// What every AsyncHttpClient has to do, run by the real one against a server in this process: the
/// server misbehaves in one way per test.
class HttpClientContract : public testing::Test {
 protected:
  Result<HttpResponse> Ask(const HttpRequest& request,
                           Duration patience = std::chrono::seconds(20)) {
    return client_->SendAll({&request, 1}, clock_.Now() + patience)[0];
  }
  Result<HttpResponse> Get(const std::string& url, Duration patience = std::chrono::seconds(20)) {
    HttpRequest request;
    request.url = url;
    return Ask(request, patience);
  }
  Result<std::unique_ptr<LineStream>> Open(const std::string& url, std::size_t max_line = 1U << 20U,
                                           Duration patience = std::chrono::seconds(20)) {
    HttpRequest request;
    request.url = url;
    request.max_response_bytes = max_line;
    return client_->Open(request, clock_.Now() + patience, {});
  }
  Timestamp In(Duration duration) { return clock_.Now() + duration; }

  // A server waits for its idle connections when it ends, so they are closed before.
  struct CloseConnectionsFirst {
    HttpClientContract* test = nullptr;
    void operator()(ScriptedServer* server) const {
      test->client_ = std::make_unique<CurlClient>(test->clock_);
      delete server;
    }
  };
  using Server = std::unique_ptr<ScriptedServer, CloseConnectionsFirst>;
  Server Serve(ScriptedServer::Script script,
               const std::optional<ScriptedTls>& tls = std::nullopt) {
    return {new ScriptedServer(std::move(script), tls), CloseConnectionsFirst{this}};
  }

  SystemClock clock_;
  std::unique_ptr<CurlClient> client_ = std::make_unique<CurlClient>(clock_);
};

}  // namespace hpaplus::test
