#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "test/kube/monitor.h"
#include "test/support/hpaplus_process.h"
#include "test/support/kube_cluster.h"

namespace hpaplus::test {

/// A namespace of its own, in a control plane that all tests of the program share (that of
/// $HPAPLUS_KUBE_CLUSTER when set, and then perhaps with other programs), with a business monitor
/// and, once a test starts it, the real `hpaplus run` for this namespace.
///
/// What a test makes by default: deployment "web", source "monitor", and object "web" that wants
/// one replica per 10 of queue.depth, between 1 and 20, evaluated each second and free to move.
class KubeTest : public testing::Test {
 protected:
  static KubeCluster& cluster();

  void SetUp() override;
  void TearDown() override;

  [[nodiscard]] const std::string& ns() const { return ns_; }
  [[nodiscard]] Monitor& monitor() { return monitor_; }
  [[nodiscard]] KubeRest& api() { return cluster().api(); }
  [[nodiscard]] HpaplusProcess& engine() { return *engine_; }

  // What there is to make; each fails the test when the server refuses it.
  void Apply(const Json& object);
  void ApplyDeployment(int replicas, const std::string& name = "web");
  void ApplySource();
  /// `spec` is merged into the default one.
  void ApplyObject(const Json& spec = Json::object(), const std::string& name = "web");
  void PatchSpec(const Json& spec, const std::string& name = "web");
  void Delete(const std::string& path);

  [[nodiscard]] std::string ObjectPath(const std::string& name = "web") const;
  [[nodiscard]] std::string TargetPath(const std::string& name = "web") const;
  [[nodiscard]] Json HpaPlusObject(const Json& spec, const std::string& name) const;

  /// Deployment, source and object, the engine, and the size that follows from `depth`.
  void StartAt(double depth, const Json& spec = Json::object());
  void StartEngine(HpaplusProcess::Options options = {});
  void StopEngine() { engine_.reset(); }

  // What is now. An absent object is null, an absent size -1.
  [[nodiscard]] Json Read(const std::string& path);
  [[nodiscard]] int Replicas(const std::string& name = "web");
  [[nodiscard]] int ReplicasAt(const std::string& path);
  [[nodiscard]] Json StatusOf(const std::string& name = "web");
  /// "True Ready"; empty when there is no such condition.
  [[nodiscard]] std::string Condition(const std::string& type, const std::string& name = "web");
  [[nodiscard]] std::string ConditionMessage(const std::string& type,
                                             const std::string& name = "web");
  /// Reasons of the events about an object of this namespace, in the order they were made.
  [[nodiscard]] std::vector<std::string> EventReasons(const std::string& name = "web",
                                                      const std::string& kind = "HPAPlus");

  [[nodiscard]] Timestamp Now() { return api().clock().Now(); }
  void Pass(Duration time);
  /// Whether it becomes true within `most`.
  [[nodiscard]] bool Eventually(const std::function<bool()>& holds,
                                Duration most = std::chrono::seconds(30));
  /// Whether it is true all through `time`.
  [[nodiscard]] bool Throughout(Duration time, const std::function<bool()>& holds);
  /// Whether the deployment gets this size within `most`.
  [[nodiscard]] bool Reaches(int replicas, Duration most = std::chrono::seconds(30));

 private:
  std::string ns_;
  Monitor monitor_;
  std::unique_ptr<HpaplusProcess> engine_;
};

}  // namespace hpaplus::test
