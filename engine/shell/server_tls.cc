#include "engine/shell/server_tls.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hpaplus {
namespace {

Error CannotUse(const std::string& file) {
  char reason[256] = "unknown";
  ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
  ERR_clear_error();
  return {ErrorCode::kInvalidArgument, "tls: cannot use " + file + ": " + reason};
}

PeerSocket::Progress FromKernel(ssize_t result, PeerSocket::Wait wait) {
  if (result > 0) return {static_cast<std::size_t>(result), PeerSocket::Wait::kNothing};
  const bool later = result < 0 && (errno == EAGAIN || errno == EINTR);
  return {0, later ? wait : PeerSocket::Wait::kEnded};
}

int IntSize(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Result<std::shared_ptr<const ServerTls>> ServerTls::Create(const std::string& certificate_file,
                                                           const std::string& key_file,
                                                           const std::string& client_ca_file) {
  ERR_clear_error();
  std::shared_ptr<const ServerTls> tls(new ServerTls(SSL_CTX_new(TLS_server_method())));
  SSL_CTX* const context = tls->context();
  if (context == nullptr) return CannotUse("OpenSSL");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    return CannotUse(certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return CannotUse(key_file);
  }
  if (!client_ca_file.empty()) {
    if (SSL_CTX_load_verify_locations(context, client_ca_file.c_str(), nullptr) != 1) {
      return CannotUse(client_ca_file);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return tls;
}

ServerTls::~ServerTls() {
  SSL_CTX_free(context_);
}

PeerSocket::PeerSocket(int fd, std::shared_ptr<const ServerTls> tls)
    : fd_(fd), tls_(std::move(tls)) {
  if (!tls_) return;
  session_ = SSL_new(tls_->context());
  if (session_ == nullptr) return;
  SSL_set_fd(session_, fd_);
  SSL_set_accept_state(session_);
}

PeerSocket::~PeerSocket() {
  SSL_free(session_);
  close(fd_);
}

PeerSocket::Progress PeerSocket::Read(char* into, std::size_t most) {
  if (!tls_) return FromKernel(recv(fd_, into, most, 0), Wait::kToRead);
  if (session_ == nullptr) return {0, Wait::kEnded};
  ERR_clear_error();
  return AfterTls(SSL_read(session_, into, IntSize(most)));
}

PeerSocket::Progress PeerSocket::Write(const char* from, std::size_t size) {
  if (!tls_) return FromKernel(send(fd_, from, size, MSG_NOSIGNAL), Wait::kToWrite);
  if (session_ == nullptr) return {0, Wait::kEnded};
  ERR_clear_error();
  return AfterTls(SSL_write(session_, from, IntSize(size)));
}

PeerSocket::Progress PeerSocket::AfterTls(int result) const {
  if (result > 0) return {static_cast<std::size_t>(result), Wait::kNothing};
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
      return {0, Wait::kToRead};
    case SSL_ERROR_WANT_WRITE:
      return {0, Wait::kToWrite};
    default:
      return {0, Wait::kEnded};
  }
}

void PeerSocket::EndWriting() {
  if (session_ != nullptr && SSL_is_init_finished(session_) == 1) {
    ERR_clear_error();
    SSL_shutdown(session_);
  }
  shutdown(fd_, SHUT_WR);
}

bool PeerSocket::has_buffered() const {
  return session_ != nullptr && SSL_pending(session_) > 0;
}

}  // namespace hpaplus
