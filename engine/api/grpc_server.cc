#include "engine/api/grpc_server.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <utility>

#include <absl/synchronization/mutex.h>
#include <fmt/core.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "engine/base/check.h"

namespace hpaplus::api {
namespace {

constexpr int kPingStrikes = 2;
constexpr int kKeepaliveAnswerMs = 10'000;

int Milliseconds(Duration duration) {
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

Status CheckReadable(const std::string& file) {
  if (std::ifstream(file).good()) return Done{};
  return Error{ErrorCode::kInvalidArgument, "grpc: cannot read " + file};
}

// Lets in those who are on a list, at the end of the handshake.
class ListedClients final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  explicit ListedClients(std::vector<std::string> names) : names_(std::move(names)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request,
              std::function<void(grpc::Status)> /*callback*/, grpc::Status* status) override {
    bool listed = IsListed(request->common_name());
    for (const auto& of_kind :
         {request->dns_names(), request->uri_names(), request->email_names()}) {
      listed = listed || std::ranges::any_of(of_kind, [this](const grpc::string_ref& name) {
                 return IsListed(name);
               });
    }
    if (!listed) *status = {grpc::StatusCode::UNAUTHENTICATED, "the client is not on the list"};
    return true;
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  [[nodiscard]] bool IsListed(const grpc::string_ref& name) const {
    return std::ranges::find(names_, std::string_view(name.data(), name.size())) != names_.end();
  }

  const std::vector<std::string> names_;
};

Result<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(const GrpcServer::Config& config) {
  if (config.certificate_file.empty()) return grpc::InsecureServerCredentials();
  for (const std::string* file :
       {&config.certificate_file, &config.key_file, &config.client_ca_file}) {
    if (file->empty()) continue;
    if (Status readable = CheckReadable(*file); !readable) return readable.error();
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(config.files_every).count();
  const auto files = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      config.key_file, config.certificate_file, config.client_ca_file,
      static_cast<unsigned>(seconds));
  grpc::experimental::TlsServerCredentialsOptions options(files);
  options.watch_identity_key_cert_pairs();
  if (!config.client_ca_file.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
#ifndef __clang_analyzer__  // Which cannot see that gRPC's core owns the verifier.
  if (!config.clients.empty()) {
    options.set_certificate_verifier(
        grpc::experimental::ExternalCertificateVerifier::Create<ListedClients>(config.clients));
  }
#endif
  return grpc::experimental::TlsServerCredentials(options);
}

void SetLimits(const GrpcServer::Config& config, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("hpaplus");
  quota.Resize(config.memory_bytes_most);
  quota.SetMaxThreads(config.threads_most);
  builder.SetResourceQuota(quota);
  if (config.reflection) {  // Which has threads of its own; people with a command line need few.
    builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
    builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  }
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.message_bytes_most));
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_ALLOW_REUSEPORT, 0},  // A second process shall not share our port unnoticed.
      {GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(config.metadata_bytes_most)},
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, config.streams_most},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(config.handshake_within)},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, Milliseconds(config.ping_least)},
      {GRPC_ARG_HTTP2_MAX_PING_STRIKES, kPingStrikes},
      {GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(config.keepalive)},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveAnswerMs},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
  };
  for (const auto& [name, value] : arguments)
    builder.AddChannelArgument(name, value);
  if (config.idle_most != Duration{}) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, Milliseconds(config.idle_most));
  }
  if (!config.small_calls) return;
  builder.AddChannelArgument(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                             1 << GRPC_COMPRESS_NONE);
  for (const char* name :
       {GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION,
        GRPC_ARG_ENABLE_DEADLINE_CHECKS}) {
    builder.AddChannelArgument(name, 0);
  }
}

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

// Of all servers that are built from then on.
void InitReflection() {
  static std::once_flag once;
  std::call_once(once, [] { grpc::reflection::InitProtoReflectionServerBuilderPlugin(); });
}

class BuiltServer final : public GrpcServer {
 public:
  BuiltServer(std::unique_ptr<grpc::Server> server, std::unique_ptr<Acceptor> acceptor, int port,
              Duration stop_within)
      : server_(std::move(server)),
        acceptor_(std::move(acceptor)),
        port_(port),
        stop_within_(stop_within) {}

  ~BuiltServer() override {
    const gpr_timespec most = gpr_time_from_millis(Milliseconds(stop_within_), GPR_TIMESPAN);
    server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), most));
    server_->Wait();
  }

  [[nodiscard]] int port() const override { return port_; }

  void Adopt(int fd) override {
    HPAPLUS_CHECK(acceptor_ != nullptr);
    Acceptor::NewConnectionParameters connection;
    connection.fd = fd;
    acceptor_->HandleNewConnection(&connection);
  }

  void SetServing(bool serving) override {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }

 private:
  const std::unique_ptr<grpc::Server> server_;
  const std::unique_ptr<Acceptor> acceptor_;  // Null: the server listens itself.
  const int port_;
  const Duration stop_within_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(const Config& config,
                                                      const std::vector<grpc::Service*>& services) {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    // Debian's build writes down the order of all of gRPC's locks, which costs more than they do.
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  });
  const auto credentials = CredentialsOf(config);
  if (!credentials) return credentials.error();
  // Before there is a builder, which takes its plugins along when it is made.
  if (config.reflection) InitReflection();
  grpc::ServerBuilder builder;
  SetLimits(config, builder);
  const std::string address = fmt::format("{}:{}", config.host, config.port);
  int port = 0;
  std::unique_ptr<Acceptor> acceptor;
  if (config.host.empty()) {
    using Kind = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
    acceptor = builder.experimental().AddExternalConnectionAcceptor(Kind::FROM_FD, *credentials);
  } else {
    builder.AddListeningPort(address, *credentials, &port);
  }
  for (grpc::Service* service : services)
    builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (!server || (port == 0 && !acceptor)) {
    if (server) server->Shutdown();
    return Error{ErrorCode::kUnavailable, "grpc: cannot listen on " + address};
  }
  return std::unique_ptr<GrpcServer>(std::make_unique<BuiltServer>(
      std::move(server), std::move(acceptor), port, config.stop_within));
}

}  // namespace hpaplus::api
