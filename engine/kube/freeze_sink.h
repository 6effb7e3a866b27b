#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/kube/cluster_state.h"
#include "engine/kube/object_sink.h"

namespace hpaplus::kube {

/// The ConfigMap that freezes the cluster by being there. While it is, every view says so; where
/// it may not be read nothing is frozen, and a warning is logged. The watch has to be for that one
/// object only.
class FreezeSink final : public ObjectSink {
 public:
  /// `name`: "namespace/name", for people.
  FreezeSink(ClusterState& state, std::string name) : state_(state), name_(std::move(name)) {}
  void Replace(const std::vector<std::string>& objects) override { Set(!objects.empty()); }
  void Upsert(std::string_view /*object*/) override { Set(true); }
  void Delete(std::string_view /*object*/) override { Set(false); }
  void Failed(const Error& error) override;

 private:
  void Set(bool frozen);

  ClusterState& state_;
  const std::string name_;
  bool warned_ = false;
};

}  // namespace hpaplus::kube
