#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "engine/shell/system_clock.h"
#include "test/support/kubelet_page.h"
#include "test/support/scripted_server.h"
#include "test/support/test_ca.h"

namespace hpaplus::test {

/// The metrics of a kubelet, by TLS: it measures its pods once a second and shows each measurement
/// until the next. Thread-safe.
class Kubelet {
 public:
  static constexpr Duration kMeasuresEvery = std::chrono::seconds(1);
  struct Load {
    double cores = 0;
    double received_per_second = 0;  // Bytes.
  };

  explicit Kubelet(const std::string& address)
      : measured_at_(std::chrono::floor<std::chrono::seconds>(clock_.Now())),
        server_([this](const ScriptedRequest& request) { return Answer(request); }, Tls(address),
                address) {}

  [[nodiscard]] const std::string& ca_pem() const { return ca_.pem(); }
  [[nodiscard]] int port() const { return server_.port(); }

  void Run(const std::string& ns, const std::string& pod, const Load& load) {
    const std::lock_guard lock(mutex_);
    pods_[{ns, pod}].load = load;
  }
  /// Everything is answered with this status; 200: as usual.
  void Refuse(int status) { status_ = status; }

  [[nodiscard]] int asked() const { return asked_; }
  /// The last request's Authorization.
  [[nodiscard]] std::string authorization() {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }

 private:
  struct Pod {
    Load load;
    double cpu_seconds = 100;
    double received = 1e6;
  };

  ScriptedTls Tls(const std::string& address) const {
    const CertificatePair pair =
        ca_.Issue({.common_name = "system:node:n1", .alternative_names = "IP:" + address});
    return {pair.certificate_pem, pair.key_pem, ""};
  }

  void Measure() {
    while (measured_at_ + kMeasuresEvery <= clock_.Now()) {
      measured_at_ += kMeasuresEvery;
      for (auto& [name, pod] : pods_) {
        pod.cpu_seconds += pod.load.cores;
        pod.received += pod.load.received_per_second;
      }
    }
  }

  ScriptedAnswer Answer(const ScriptedRequest& request) {
    ++asked_;
    ScriptedAnswer answer;
    answer.status = status_;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    const std::lock_guard lock(mutex_);
    const auto authorization = request.headers.find("authorization");
    authorization_ = authorization == request.headers.end() ? "" : authorization->second;
    Measure();
    KubeletPageText page;
    const bool resource = request.path == "/metrics/resource";
    for (const auto& [name, pod] : pods_) {
      if (resource) {
        page.Cpu(name.first, name.second, pod.cpu_seconds, measured_at_);
        page.Memory(name.first, name.second, 64 << 20, measured_at_);
      } else {
        page.Traffic("receive", name.second, "eth0", pod.received, measured_at_, "4f", name.first);
      }
    }
    if (answer.status == 200) answer.body = resource ? page.Resource() : page.Cadvisor();
    if (!resource && request.path != "/metrics/cadvisor") answer.status = 404;
    return answer;
  }

  const TestCa ca_;
  SystemClock clock_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Pod> pods_;
  Timestamp measured_at_;
  std::string authorization_;
  std::atomic<int> status_ = 200;
  std::atomic<int> asked_ = 0;
  ScriptedServer server_;  // Last: it calls everything above.
};

}  // namespace hpaplus::test
