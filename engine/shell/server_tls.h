#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace hpaplus {

/// The certificate that a server shows, and whose clients it takes. Immutable; shared by the
/// sessions that began with it.
class ServerTls {
 public:
  /// PEM files. TLS 1.2 at least. kInvalidArgument when one cannot be read, when the key is another
  /// certificate's. An empty `client_ca_file`: clients need none.
  static Result<std::shared_ptr<const ServerTls>> Create(const std::string& certificate_file,
                                                         const std::string& key_file,
                                                         const std::string& client_ca_file);
  ~ServerTls();
  ServerTls(const ServerTls&) = delete;
  ServerTls& operator=(const ServerTls&) = delete;

  [[nodiscard]] ssl_ctx_st* context() const { return context_; }

 private:
  explicit ServerTls(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* const context_;
};

/// One accepted connection: a socket that does not block, with TLS around it or without. Closes it
/// in the end. One thread.
class PeerSocket {
 public:
  enum class Wait { kNothing, kToRead, kToWrite, kEnded };
  struct Progress {
    std::size_t bytes = 0;
    Wait wait = Wait::kNothing;  // With 0 bytes: what it takes to go on, or that it is over.
  };

  /// Takes over the file descriptor. Null for plain TCP.
  PeerSocket(int fd, std::shared_ptr<const ServerTls> tls);
  ~PeerSocket();
  PeerSocket(const PeerSocket&) = delete;
  PeerSocket& operator=(const PeerSocket&) = delete;

  [[nodiscard]] Progress Read(char* into, std::size_t most);
  [[nodiscard]] Progress Write(const char* from, std::size_t size);
  /// Says that nothing more will be sent.
  void EndWriting();
  /// Whether there is something to read that the kernel does not know of.
  [[nodiscard]] bool has_buffered() const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  [[nodiscard]] Progress AfterTls(int result) const;

  const int fd_;
  const std::shared_ptr<const ServerTls> tls_;
  ssl_st* session_ = nullptr;
};

}  // namespace hpaplus
