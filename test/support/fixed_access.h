#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "engine/kube/access.h"

namespace hpaplus::test {

/// Credentials that a function gives, asked again after each refusal.
class FixedAccess final : public kube::Access {
 public:
  using Renew = std::function<Result<HttpAuth>(int refusals)>;

  explicit FixedAccess(std::string server, Renew renew = nullptr)
      : server_(std::move(server)), renew_(std::move(renew)) {}

  [[nodiscard]] const std::string& server() const override { return server_; }
  [[nodiscard]] const std::string& default_namespace() const override { return namespace_; }
  [[nodiscard]] Result<std::shared_ptr<const HttpAuth>> Auth() override {
    const int refusals = refusals_;
    if (auth_ == nullptr || refusals != known_refusals_) {
      Result<HttpAuth> auth = renew_ ? renew_(refusals) : HttpAuth{};
      if (!auth) return auth.error();
      auth_ = std::make_shared<const HttpAuth>(*std::move(auth));
      known_refusals_ = refusals;
    }
    return auth_;
  }
  void Refused() override { ++refusals_; }

  [[nodiscard]] int refusals() const { return refusals_; }

 private:
  const std::string server_;
  const std::string namespace_ = "default";
  const Renew renew_;
  std::atomic<int> refusals_ = 0;
  // Auth() is called by one client, on its thread.
  int known_refusals_ = 0;
  std::shared_ptr<const HttpAuth> auth_;
};

}  // namespace hpaplus::test
