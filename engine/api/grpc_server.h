#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace grpc {
class Service;
}

namespace hpaplus::api {

/// A gRPC server with everything bounded that gRPC leaves open: messages, metadata, streams,
/// memory, threads, idle connections, pings, handshakes. Serves grpc.health.v1 beside its services.
/// They use the callback API, so no call has a thread of its own.
class GrpcServer {
 public:
  struct Config {
    std::string host = "0.0.0.0";  // Empty: it does not listen, connections come by Adopt().
    int port = 4317;               // 0 takes a free one.
    // PEM files; without them there is no TLS. Changed files are taken over by themselves.
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;  // Only clients with a certificate of one of these.
    // And of these only those whose certificate has one of these names, as its common name or as
    // an alternative DNS name, URI (spiffe://...) or address of mail; empty: all.
    std::vector<std::string> clients;
    Duration files_every = std::chrono::seconds(10);
    std::size_t message_bytes_most = 8U << 20U;
    std::size_t metadata_bytes_most = 16U << 10U;
    std::size_t memory_bytes_most = 128U << 20U;  // Of all calls.
    int threads_most = 16;
    int streams_most = 100;                        // Of one connection, at once.
    Duration idle_most = std::chrono::minutes(5);  // 0: a connection may be idle for ever.
    Duration handshake_within = std::chrono::seconds(5);
    Duration ping_least = std::chrono::seconds(10);  // Between pings of a client.
    Duration keepalive = std::chrono::seconds(30);   // Between pings of ours; then 10 s to answer.
    Duration stop_within = std::chrono::seconds(1);  // Then calls under way are cancelled.
    bool reflection = false;  // grpc.reflection, of all servers from then on.
    // Leaves out what each call carries for large messages and slow answers: compressed messages
    // are refused with UNIMPLEMENTED, and a client's deadline is the client's own to keep.
    bool small_calls = false;
  };

  /// Listens at once. kUnavailable when the address cannot be bound, kInvalidArgument when a TLS
  /// file cannot be read. The services must outlive it.
  static Result<std::unique_ptr<GrpcServer>> Start(const Config& config,
                                                   const std::vector<grpc::Service*>& services);

  /// Stops: new calls are refused, those under way get stop_within.
  virtual ~GrpcServer() = default;
  [[nodiscard]] virtual int port() const = 0;

  /// Takes over a connection that was accepted elsewhere. Thread-safe; only without a host.
  virtual void Adopt(int fd) = 0;

  /// What grpc.health.v1 says; true from the start.
  virtual void SetServing(bool serving) = 0;
};

}  // namespace hpaplus::api
