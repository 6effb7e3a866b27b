#include "test/support/raw_grpc_server.h"

#include <deque>
#include <set>
#include <utility>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "engine/base/check.h"
#include "engine/base/mutex.h"

namespace hpaplus::test {
namespace {

std::string TextOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices)
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return text;
}

grpc::ByteBuffer BufferOf(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

}  // namespace

class RawGrpcServer::State {
 public:
  explicit State(Options options) : options_(std::move(options)) {}

  const Options options_;
  mutable Mutex mutex_;
  std::vector<RawGrpcCall> calls_ HPAPLUS_GUARDED_BY(mutex_);
  std::set<Reactor*> open_ HPAPLUS_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::CallbackGenericService> service_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

// One call. It deletes itself when gRPC is done with it, as reactors do.
class RawGrpcServer::Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(State& state, grpc::GenericCallbackServerContext& context) : state_(state) {
    call_.method = context.method();
    call_.time_left = context.deadline() - std::chrono::system_clock::now();
    for (const auto& [name, value] : context.client_metadata()) {
      call_.metadata.emplace(std::string(name.data(), name.size()),
                             std::string(value.data(), value.size()));
    }
    StartRead(&request_);
  }

  void Push(const std::string& message) {
    const MutexLock lock(mutex_);
    queue_.push_back(message);
    Advance();
  }

  void End(grpc::Status status) {
    const MutexLock lock(mutex_);
    end_ = std::make_unique<grpc::Status>(std::move(status));
    Advance();
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    call_.request = TextOf(request_);
    {
      const MutexLock lock(state_.mutex_);
      state_.calls_.push_back(call_);
    }
    RawGrpcAnswer answer = state_.options_.answer(call_);
    {
      const MutexLock lock(mutex_);
      queue_.insert(queue_.end(), answer.messages.begin(), answer.messages.end());
      if (!answer.stays_open) {
        end_ = std::make_unique<grpc::Status>(static_cast<grpc::StatusCode>(answer.code),
                                              answer.message);
      }
      Advance();
    }
    const MutexLock lock(state_.mutex_);
    if (answer.stays_open) state_.open_.insert(this);
  }

  void OnWriteDone(bool /*ok*/) override {
    const MutexLock lock(mutex_);
    queue_.pop_front();
    writing_ = false;
    Advance();
  }

  void OnCancel() override {
    Forget();
    End(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    Forget();
    delete this;
  }

  void Forget() {
    const MutexLock lock(state_.mutex_);
    state_.open_.erase(this);
  }

  // The server's side of gRPC calls back on its own threads only, hence under the lock.
  void Advance() HPAPLUS_REQUIRES(mutex_) {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      response_ = BufferOf(queue_.front());
      StartWrite(&response_);
    } else if (end_ != nullptr) {
      finished_ = true;
      Finish(*end_);
    }
  }

  State& state_;
  RawGrpcCall call_;
  grpc::ByteBuffer request_;
  Mutex mutex_;
  grpc::ByteBuffer response_ HPAPLUS_GUARDED_BY(mutex_);
  std::deque<std::string> queue_ HPAPLUS_GUARDED_BY(mutex_);
  std::unique_ptr<grpc::Status> end_ HPAPLUS_GUARDED_BY(mutex_);
  bool writing_ HPAPLUS_GUARDED_BY(mutex_) = false;
  bool finished_ HPAPLUS_GUARDED_BY(mutex_) = false;
};

class RawGrpcServer::Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(State& state) : state_(state) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(state_, *context);
  }

 private:
  State& state_;
};

RawGrpcServer::RawGrpcServer(Options options)
    : state_(std::make_unique<State>(std::move(options))) {
  const Options& given = state_->options_;
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (!given.certificate.key_pem.empty()) {
    grpc::SslServerCredentialsOptions tls(
        given.client_ca_pem.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                    : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = given.client_ca_pem;
    tls.pem_key_cert_pairs.push_back(
        {given.certificate.key_pem, given.certificate.certificate_pem});
    credentials = grpc::SslServerCredentials(tls);
  }
  state_->service_ = std::make_unique<Service>(*state_);
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxSendMessageSize(-1);
  builder.AddListeningPort("127.0.0.1:" + std::to_string(given.port), credentials, &state_->port_);
  builder.RegisterCallbackGenericService(state_->service_.get());
  state_->server_ = builder.BuildAndStart();
  HPAPLUS_CHECK(state_->server_ != nullptr);
}

RawGrpcServer::~RawGrpcServer() {
  state_->server_->Shutdown(std::chrono::system_clock::now());
}

int RawGrpcServer::port() const {
  return state_->port_;
}

std::string RawGrpcServer::address() const {
  return "127.0.0.1:" + std::to_string(state_->port_);
}

std::vector<RawGrpcCall> RawGrpcServer::calls() const {
  const MutexLock lock(state_->mutex_);
  return state_->calls_;
}

std::size_t RawGrpcServer::open_calls() const {
  const MutexLock lock(state_->mutex_);
  return state_->open_.size();
}

void RawGrpcServer::Push(const std::string& message) {
  const MutexLock lock(state_->mutex_);
  for (Reactor* reactor : state_->open_)
    reactor->Push(message);
}

void RawGrpcServer::EndOpenCalls(int code, const std::string& message) {
  const MutexLock lock(state_->mutex_);
  for (Reactor* reactor : state_->open_)
    reactor->End({static_cast<grpc::StatusCode>(code), message});
}

}  // namespace hpaplus::test
