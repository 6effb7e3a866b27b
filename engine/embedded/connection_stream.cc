#include "engine/embedded/connection_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>

namespace hpaplus::embedded {
namespace {

constexpr std::size_t kBufferSize = 16 * 1024;
constexpr int kReadTimeoutMs = 10'000;
constexpr int kWriteTimeoutMs = 10'000;

// The events that have come, 0 after `timeout_ms`.
int Poll(int socket, int events, int timeout_ms) {
  pollfd entry{socket, static_cast<short>(events), 0};
  int result = 0;
  do {
    result = ::poll(&entry, 1, timeout_ms);
  } while (result < 0 && errno == EINTR);
  return result <= 0 ? 0 : entry.revents;
}

}  // namespace

ConnectionStream::ConnectionStream(int socket) : socket_(socket), buffer_(kBufferSize) {}

bool ConnectionStream::AwaitReadable(Duration patience) {
  if (begin_ < end_) return true;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  const int events = Poll(socket_, POLLIN, static_cast<int>(ms));
  if ((events & POLLIN) == 0) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_PEEK) > 0;
}

bool ConnectionStream::IsWritable() const {
  const int events = Poll(socket_, POLLOUT | POLLRDHUP, 0);
  return (events & (POLLRDHUP | POLLHUP | POLLERR)) == 0 && (events & POLLOUT) != 0;
}

long ConnectionStream::Read(char* to, std::size_t size) {
  if (begin_ == end_) {
    if ((Poll(socket_, POLLIN, kReadTimeoutMs) & (POLLIN | POLLHUP)) == 0) return -1;
    long got = 0;
    do {
      got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::memcpy(to, buffer_.data() + begin_, taken);
  begin_ += taken;
  return static_cast<long>(taken);
}

long ConnectionStream::Write(std::string_view bytes) {
  if ((Poll(socket_, POLLOUT, kWriteTimeoutMs) & POLLOUT) == 0) return -1;
  long sent = 0;
  do {
    sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace hpaplus::embedded
