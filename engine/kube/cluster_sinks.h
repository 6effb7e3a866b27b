#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kube/cluster_state.h"
#include "engine/kube/kube_api.h"

namespace hpaplus::kube {

// From raw objects to ClusterState. Everything is parsed outside its lock. An object that cannot be
// read is logged and skipped; what was known of it stays.

/// HPAPlus objects. One whose spec cannot be used is kept as such, so that its status says why.
class WorkloadSink final : public ObjectSink {
 public:
  explicit WorkloadSink(ClusterState& state) : state_(state) {}
  void Replace(const std::vector<std::string>& objects) override;
  void Upsert(std::string_view object) override;
  void Delete(std::string_view object) override;
  void Failed(const Error& /*error*/) override {}  // What is known stands; the informer logs it.

 private:
  ClusterState& state_;
};

class PodSink final : public ObjectSink {
 public:
  explicit PodSink(ClusterState& state) : state_(state) {}
  void Replace(const std::vector<std::string>& objects) override;
  void Upsert(std::string_view object) override;
  void Delete(std::string_view object) override;
  void Failed(const Error& error) override;
  void Resumed() override;

 private:
  void Put(std::vector<PodObject> pods);

  ClusterState& state_;
};

/// The objects of one target kind.
class TargetSink final : public ObjectSink {
 public:
  TargetSink(ClusterState& state, KindKey kind, bool metadata_only)
      : state_(state), kind_(std::move(kind)), metadata_only_(metadata_only) {}
  void Replace(const std::vector<std::string>& objects) override;
  void Upsert(std::string_view object) override;
  void Delete(std::string_view object) override;
  void Failed(const Error& error) override;

 private:
  void Put(std::span<const std::string_view> objects);

  ClusterState& state_;
  const KindKey kind_;
  const bool metadata_only_;
};

/// HorizontalPodAutoscalers. Where we may not see them, or there are none, nobody is checked
/// against them.
class ForeignScalerSink final : public ObjectSink {
 public:
  explicit ForeignScalerSink(ClusterState& state) : state_(state) {}
  void Replace(const std::vector<std::string>& objects) override;
  void Upsert(std::string_view object) override;
  void Delete(std::string_view object) override;
  void Failed(const Error& error) override;

 private:
  ClusterState& state_;
  bool warned_ = false;
};

}  // namespace hpaplus::kube
