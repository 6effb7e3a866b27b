#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "test/support/test_ca.h"

namespace hpaplus::test {

/// gRPC rounds the time that is left up on its way to the server.
inline constexpr Duration kGrpcRounding = std::chrono::milliseconds(25);

struct RawGrpcCall {
  std::string method;  // "/package.Service/Method"
  std::string request;
  std::multimap<std::string, std::string> metadata;
  Duration time_left{};  // Until the client's deadline.
};

struct RawGrpcAnswer {
  std::vector<std::string> messages;
  int code = 0;  // Of gRPC; 0 is OK.
  std::string message;
  bool stays_open = false;  // Nothing ends the call but the client or EndOpenCalls().
};

/// A gRPC server on 127.0.0.1 that answers any method with any bytes: what a plug-in could send at
/// worst. Thread-safe; `answer` is called on gRPC's threads.
class RawGrpcServer {
 public:
  struct Options {
    std::function<RawGrpcAnswer(const RawGrpcCall&)> answer;
    CertificatePair certificate;  // Empty: no TLS.
    std::string client_ca_pem;    // Empty: clients need no certificate.
    int port = 0;                 // 0: a free one.
  };

  explicit RawGrpcServer(Options options);
  ~RawGrpcServer();
  RawGrpcServer(const RawGrpcServer&) = delete;
  RawGrpcServer& operator=(const RawGrpcServer&) = delete;

  [[nodiscard]] int port() const;
  /// "127.0.0.1:1234"
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::vector<RawGrpcCall> calls() const;
  [[nodiscard]] std::size_t open_calls() const;
  /// One more message on all calls that are open.
  void Push(const std::string& message);
  void EndOpenCalls(int code, const std::string& message);

 private:
  class State;
  class Reactor;
  class Service;
  const std::unique_ptr<State> state_;
};

}  // namespace hpaplus::test
