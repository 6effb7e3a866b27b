#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/mutex.h"
#include "engine/kube/access.h"
#include "engine/kube/kubeconfig_parse.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

/// The access that a kubeconfig's context describes, or a pod's service account: texts, files that
/// are read again every minute, and an exec plug-in that is run again when its credential expires.
///
/// While a file or a plug-in fails, the last credentials are used on, unless the server has refused
/// them. No error shows a secret.
class CredentialAccess final : public Access {
 public:
  struct Config {
    SelectedContext context;
    Duration read_again_after = std::chrono::minutes(1);
    Duration retry_after = std::chrono::seconds(5);  // A failure, and a plug-in after a refusal.
    Duration plugin_timeout = std::chrono::seconds(30);
  };

  /// `clock` must outlive the access.
  CredentialAccess(Config config, Clock& clock);

  [[nodiscard]] const std::string& server() const override {
    return config_.context.cluster.server;
  }
  [[nodiscard]] const std::string& default_namespace() const override { return config_.context.ns; }
  [[nodiscard]] Result<std::shared_ptr<const HttpAuth>> Auth() override;
  void Refused() override { refused_ = true; }

 private:
  [[nodiscard]] Result<HttpAuth> Read(bool refused, Timestamp now) HPAPLUS_REQUIRES(mutex_);
  [[nodiscard]] Status AddPlugin(bool refused, Timestamp now, HttpAuth* auth)
      HPAPLUS_REQUIRES(mutex_);

  const Config config_;
  Clock& clock_;
  std::atomic<bool> refused_ = false;

  Mutex mutex_;
  std::shared_ptr<const HttpAuth> auth_ HPAPLUS_GUARDED_BY(mutex_);
  std::optional<Error> failure_
      HPAPLUS_GUARDED_BY(mutex_);  // Of the last reading, kept for a while.
  Timestamp read_again_at_ HPAPLUS_GUARDED_BY(mutex_){};
  std::optional<ExecCredential> plugin_ HPAPLUS_GUARDED_BY(mutex_);
  Timestamp plugin_ran_at_ HPAPLUS_GUARDED_BY(mutex_){};
};

}  // namespace hpaplus::kube
