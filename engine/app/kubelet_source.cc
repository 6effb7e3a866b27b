#include "engine/app/kubelet_source.h"

#include <functional>
#include <string>
#include <utility>

#include "collectors/kubelet.h"
#include "collectors/kubelet_ask.h"
#include "engine/base/mutex.h"
#include "engine/kube/read_file.h"

namespace hpaplus::app {
namespace {

constexpr std::size_t kCaBytesMost = 1U << 20U;
constexpr Duration kReadAgainAfter = std::chrono::minutes(1);

using AuthResult = Result<std::shared_ptr<const HttpAuth>>;

// The engine's own credentials, but with those who sign kubelets' certificates, and without a
// server name that is the API server's. Thread-safe.
class KubeletAuth {
 public:
  KubeletAuth(std::shared_ptr<kube::Access> access, std::string ca_file, Clock& clock)
      : access_(std::move(access)), ca_file_(std::move(ca_file)), clock_(clock) {}

  AuthResult Get() {
    const AuthResult own = access_->Auth();
    if (!own) return own;
    const Timestamp now = clock_.Now();
    const MutexLock lock(mutex_);
    if (auth_ != nullptr && *own == own_ && now < read_again_at_) return auth_;
    HttpAuth auth = **own;
    auth.tls_server_name.clear();
    if (!ca_file_.empty()) {
      Result<std::string> ca = kube::ReadFile(ca_file_, kCaBytesMost);
      if (!ca) return ca.error();
      auth.ca_pem = *std::move(ca);
    }
    own_ = *own;
    read_again_at_ = now + kReadAgainAfter;
    if (auth_ == nullptr || !(*auth_ == auth)) {
      auth_ = std::make_shared<const HttpAuth>(std::move(auth));
    }
    return auth_;
  }

 private:
  const std::shared_ptr<kube::Access> access_;
  const std::string ca_file_;
  Clock& clock_;
  Mutex mutex_;
  std::shared_ptr<const HttpAuth> own_ HPAPLUS_GUARDED_BY(mutex_);
  std::shared_ptr<const HttpAuth> auth_ HPAPLUS_GUARDED_BY(mutex_);
  Timestamp read_again_at_ HPAPLUS_GUARDED_BY(mutex_){};
};

collectors::KubeGet GetFrom(kube::KubeClient& client, Clock& clock, std::size_t bytes_most) {
  return [&client, &clock, bytes_most](const std::string& path, Timestamp deadline,
                                       std::function<void(Result<std::string>)> done) {
    kube::KubeRequest request;
    request.path = path;
    request.accept = "text/plain;version=0.0.4";
    request.verb = "get";
    request.resource = "nodes/proxy";
    request.max_response_bytes = bytes_most;
    request.before_sending = [&clock, deadline](std::string&) -> Status {
      if (clock.Now() < deadline) return Done{};
      return Error{ErrorCode::kDeadlineExceeded, "kube: nobody waits for the answer any more"};
    };
    client.Start(std::move(request), std::move(done));
  };
}

}  // namespace

Result<RunnableSource> MakeKubeletSource(const ControllerConfig::Kubelet& config,
                                         const KubeletSourceDeps& deps) {
  collectors::KubeletAsk ask;
  if (config.through_api_server) {
    ask = collectors::AskThroughApiServer(
        GetFrom(deps.client, deps.clock, config.response_bytes_most));
  } else {
    if (!config.ca_file.empty()) {
      const Result<std::string> ca = kube::ReadFile(config.ca_file, kCaBytesMost);
      if (!ca) return ca.error();
    }
    const auto auth = std::make_shared<KubeletAuth>(deps.access, config.ca_file, deps.clock);
    ask = collectors::AskKubelets({.port = config.port,
                                   .response_bytes_most = config.response_bytes_most,
                                   .auth = [auth] { return auth->Get(); }},
                                  deps.http);
  }
  collectors::KubeletBoard::Config board_config;
  board_config.share_for = config.share_for;
  board_config.concurrent_most = config.concurrent_most;
  board_config.rules.rate_window = config.rate_window;
  const auto board =
      collectors::KubeletBoard::Create(board_config, std::move(ask), deps.clock, deps.executor);
  const auto make = [board, &pods = deps.pods]() -> Result<std::unique_ptr<Collector>> {
    return std::unique_ptr<Collector>(std::make_unique<collectors::KubeletCollector>(board, pods));
  };
  return RunnableSource{.make = make, .allows = {}, .timeout = config.timeout, .share_for = {}};
}

}  // namespace hpaplus::app
