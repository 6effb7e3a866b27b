#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "engine/model/amount.h"
#include "test/support/kube_rest.h"

namespace hpaplus::test {

/// The controller manager of one namespace: the quota controller, and what gives a deployment its
/// pods. So pods pass the API server's own quota admission, or don't.
class TinyControllers {
 public:
  /// Pods of deployment "web" and ResourceQuota "compute". `api` outlives it.
  TinyControllers(KubeRest& api, std::string ns) : api_(api), ns_(std::move(ns)) {}

  void Start();

  /// spec.hard of the quota becomes its status, with what its pods use; nothing when somebody else
  /// has changed it meanwhile. False: hard was below what is used.
  bool SyncQuota();
  /// A pod that requests so much CPU; false: admission refuses it.
  bool CreatePod(const std::string& name, const std::string& cpu);
  void DeletePod(const std::string& name);

  [[nodiscard]] int pods() const { return pods_; }
  [[nodiscard]] int refused() const { return refused_; }
  /// How often the quota was seen below what is used.
  [[nodiscard]] int violations() const { return violations_; }

 private:
  void SyncPods();

  KubeRest& api_;
  const std::string ns_;
  std::atomic<int> pods_ = 0;
  std::atomic<int> refused_ = 0;
  std::atomic<int> violations_ = 0;
  int made_ = 0;
  std::jthread thread_;  // The last member: it uses the others.
};

/// An amount of CPU in an object; zero when it is not there.
[[nodiscard]] Amount CpuAt(const Json& object, const char* pointer);

}  // namespace hpaplus::test
