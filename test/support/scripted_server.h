#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"

namespace hpaplus::test {

struct ScriptedRequest {
  std::string method;
  std::string path;                            // Without the query.
  std::map<std::string, std::string> query;    // Decoded.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
};

/// The open end of an answer that is sent bit by bit.
class ScriptedWriter {
 public:
  virtual ~ScriptedWriter() = default;
  /// False once the client has gone.
  virtual bool Write(std::string_view bytes) = 0;
  /// Nothing more to say for so long. False once the client has gone or the server stops.
  virtual bool Pause(Duration duration) = 0;
};

struct ScriptedAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  /// Sent in chunks after `body`'s place; false breaks the connection off in the middle.
  std::function<bool(ScriptedWriter& out)> stream;
};

struct ScriptedTls {
  std::string certificate_pem;
  std::string key_pem;
  std::string client_ca_pem;  // Not empty: client certificates of this CA are demanded.
};

/// An HTTP server on a free port of one address of this host, IPv4, whose answers a function gives,
/// called on many threads at once.
class ScriptedServer {
 public:
  using Script = std::function<ScriptedAnswer(const ScriptedRequest&)>;

  explicit ScriptedServer(Script script, const std::optional<ScriptedTls>& tls = std::nullopt,
                          const std::string& address = "127.0.0.1");
  ~ScriptedServer();

  [[nodiscard]] int port() const;
  /// "http://127.0.0.1:1234".
  [[nodiscard]] const std::string& url() const;
  /// Connections that have asked at least once.
  [[nodiscard]] std::size_t connections() const;
  /// Ends every stream and stops listening; the port stays unused.
  void Stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace hpaplus::test
