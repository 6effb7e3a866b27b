#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/ports/http_service.h"
#include "engine/shell/http_head.h"
#include "engine/shell/http_listener.h"
#include "engine/shell/server_tls.h"

namespace hpaplus {

/// One connection of an HttpListener: reads a request, has it served, writes the reply, and so on.
/// Never blocks. One thread.
class HttpConnection {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// What all connections share; outlives them. `bodies` counts the bytes of requests under way.
  struct Shared {
    const HttpListener::Config& config;
    HttpService& service;
    std::atomic<std::size_t>& bodies;
  };

  HttpConnection(const Shared& shared, int fd, std::shared_ptr<const ServerTls> tls, Time now);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  /// kYielded: it could go on at once, but it is the others' turn.
  enum class Outcome { kWantsToRead, kWantsToWrite, kYielded, kEnded };
  /// Goes on as far as there are bytes.
  [[nodiscard]] Outcome Step(Time now);

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] Time deadline() const { return deadline_; }
  /// Whether no request is under way, and since when.
  [[nodiscard]] bool waits() const { return state_ == State::kHead; }
  [[nodiscard]] Time since() const { return since_; }

 private:
  enum class State { kHead, kBody, kReply, kDrain };

  [[nodiscard]] std::optional<Outcome> ReadSome(Time now);
  void Advance(Time now);
  void ReadHead(Time now);
  void FinishRequest(Time now);
  [[nodiscard]] std::optional<Outcome> WriteSome(Time now);
  [[nodiscard]] std::optional<Outcome> Drain();
  void Reply(const HttpReply& reply, bool close, Time now);
  void Enter(State state, Duration within, Time now);
  [[nodiscard]] bool Hold(std::size_t bytes);
  void LetGo();

  const Shared& shared_;
  PeerSocket socket_;
  State state_ = State::kHead;
  Time since_;
  Time deadline_;
  std::string in_;
  std::size_t wanted_ = 0;  // Of in_: the head with its body.
  std::size_t held_ = 0;    // Counted in shared_.bodies.
  std::string out_;
  std::size_t written_ = 0;
  bool close_ = false;       // After the reply.
  std::size_t drained_ = 0;  // Bytes of a request that was refused.
};

}  // namespace hpaplus
