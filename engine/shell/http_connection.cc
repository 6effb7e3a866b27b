#include "engine/shell/http_connection.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace hpaplus {
namespace {

constexpr std::size_t kChunk = 64U << 10U;      // Read at once,
constexpr std::size_t kTurn = 16;               // and so often before it is the others' turn.
constexpr std::size_t kKeptBuffer = 4U << 10U;  // What an idle connection may keep.
constexpr auto kDrainWithin = std::chrono::seconds(2);
constexpr std::size_t kDrainMost = 16U << 20U;

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

std::string Written(const HttpReply& reply, bool close) {
  std::string text = fmt::format("HTTP/1.1 {} {}\r\n", reply.status, ReasonOf(reply.status));
  for (const auto& [name, value] : reply.headers)
    text += fmt::format("{}: {}\r\n", name, value);
  if (close) text += "Connection: close\r\n";
  if (reply.status != 204) {
    text += fmt::format("Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n",
                        reply.body.size());
  }
  text += "X-Content-Type-Options: nosniff\r\n\r\n";
  if (reply.status != 204) text += reply.body;
  return text;
}

HttpConnection::Outcome OutcomeOf(PeerSocket::Wait wait) {
  switch (wait) {
    case PeerSocket::Wait::kToRead:
      return HttpConnection::Outcome::kWantsToRead;
    case PeerSocket::Wait::kToWrite:
      return HttpConnection::Outcome::kWantsToWrite;
    case PeerSocket::Wait::kEnded:
    case PeerSocket::Wait::kNothing:
      break;
  }
  return HttpConnection::Outcome::kEnded;
}

}  // namespace

HttpConnection::HttpConnection(const Shared& shared, int fd, std::shared_ptr<const ServerTls> tls,
                               Time now)
    : shared_(shared),
      socket_(fd, std::move(tls)),
      since_(now),
      deadline_(now + shared.config.head_within) {}

HttpConnection::~HttpConnection() {
  LetGo();
}

HttpConnection::Outcome HttpConnection::Step(Time now) {
  for (std::size_t turn = 0; turn < kTurn; ++turn) {
    std::optional<Outcome> outcome;
    switch (state_) {
      case State::kHead:
      case State::kBody:
        outcome = ReadSome(now);
        break;
      case State::kReply:
        outcome = WriteSome(now);
        break;
      case State::kDrain:
        outcome = Drain();
        break;
    }
    if (outcome) return *outcome;
  }
  return Outcome::kYielded;
}

std::optional<HttpConnection::Outcome> HttpConnection::ReadSome(Time now) {
  static thread_local char chunk[kChunk];
  const PeerSocket::Progress progress = socket_.Read(chunk, sizeof chunk);
  if (progress.bytes == 0) return OutcomeOf(progress.wait);
  if (state_ == State::kHead && in_.empty()) Enter(State::kHead, shared_.config.head_within, now);
  if (state_ == State::kBody && !Hold(progress.bytes)) {
    Reply({503, "too many requests are under way\n", {{"Retry-After", "1"}}}, true, now);
    return std::nullopt;
  }
  in_.append(chunk, progress.bytes);
  Advance(now);
  return std::nullopt;
}

void HttpConnection::Advance(Time now) {
  if (state_ == State::kHead) ReadHead(now);
  if (state_ == State::kBody && in_.size() >= wanted_) FinishRequest(now);
}

void HttpConnection::ReadHead(Time now) {
  const std::string_view begin = std::string_view(in_).substr(0, shared_.config.head_bytes_most);
  const Result<std::optional<ParsedHead>> parsed = ParseHttpHead(begin);
  if (!parsed) {
    const bool no_length = parsed.error().code == ErrorCode::kInvalidArgument;
    return Reply({no_length ? 411 : 400, parsed.error().message + "\n", {}}, true, now);
  }
  if (!*parsed) {
    if (in_.size() < shared_.config.head_bytes_most) return;
    return Reply({431, "the request's head is too long\n", {}}, true, now);
  }
  const ParsedHead& request = **parsed;
  if (std::optional<HttpReply> refusal = shared_.service.Refuse(request.head)) {
    return Reply(*refusal, true, now);
  }
  if (request.head.content_length > shared_.config.body_bytes_most) {
    const std::string most = std::to_string(shared_.config.body_bytes_most);
    return Reply({413, "a body may have " + most + " bytes\n", {}}, true, now);
  }
  wanted_ = request.size + request.head.content_length;
  Enter(State::kBody, shared_.config.body_within, now);
  if (!Hold(in_.size())) {
    return Reply({503, "too many requests are under way\n", {{"Retry-After", "1"}}}, true, now);
  }
  if (request.expects_continue && in_.size() < wanted_) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    // Where this does not go out at once, the body comes without it, only later.
    (void)socket_.Write(kContinue.data(), kContinue.size());
  }
}

void HttpConnection::FinishRequest(Time now) {
  // Parsed once more, as the text may have moved while the body came.
  const Result<std::optional<ParsedHead>> parsed = ParseHttpHead(in_);
  HPAPLUS_CHECK(parsed && *parsed);
  const ParsedHead& request = **parsed;
  const std::string_view body =
      std::string_view(in_).substr(request.size, request.head.content_length);
  const bool close = !request.keep_alive;
  const HttpReply reply = shared_.service.Serve(request.head, body);
  in_.erase(0, wanted_);
  if (in_.capacity() > kKeptBuffer) in_.shrink_to_fit();
  LetGo();
  Reply(reply, close, now);
}

void HttpConnection::Reply(const HttpReply& reply, bool close, Time now) {
  close_ = close;
  out_ = Written(reply, close);
  written_ = 0;
  Enter(State::kReply, shared_.config.reply_within, now);
}

std::optional<HttpConnection::Outcome> HttpConnection::WriteSome(Time now) {
  const PeerSocket::Progress progress =
      socket_.Write(out_.data() + written_, out_.size() - written_);
  if (progress.bytes == 0) return OutcomeOf(progress.wait);
  written_ += progress.bytes;
  if (written_ < out_.size()) return std::nullopt;
  out_ = std::string();
  if (close_) {
    // Closing with bytes unread would take the reply away from a sender who is still sending.
    socket_.EndWriting();
    in_ = std::string();
    LetGo();
    Enter(State::kDrain, kDrainWithin, now);
    return std::nullopt;
  }
  Enter(State::kHead, in_.empty() ? shared_.config.idle_most : shared_.config.head_within, now);
  if (in_.empty()) return std::nullopt;
  Advance(now);  // The next request is there already.
  return state_ == State::kHead ? std::nullopt : std::optional(Outcome::kYielded);
}

std::optional<HttpConnection::Outcome> HttpConnection::Drain() {
  static thread_local char chunk[kChunk];
  const PeerSocket::Progress progress = socket_.Read(chunk, sizeof chunk);
  if (progress.bytes == 0) return OutcomeOf(progress.wait);
  drained_ += progress.bytes;
  if (drained_ > kDrainMost) return Outcome::kEnded;
  return std::nullopt;
}

void HttpConnection::Enter(State state, Duration within, Time now) {
  state_ = state;
  since_ = now;
  deadline_ = now + within;
}

bool HttpConnection::Hold(std::size_t bytes) {
  held_ += bytes;
  return shared_.bodies.fetch_add(bytes) + bytes <= shared_.config.bodies_bytes_most;
}

void HttpConnection::LetGo() {
  shared_.bodies -= std::exchange(held_, 0);
}

}  // namespace hpaplus
