#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/kube/workload_lookup.h"

namespace hpaplus::test {

class FakeWorkloadLookup final : public kube::WorkloadLookup {
 public:
  struct Observed {
    WorkloadId id;
    std::string uid;
    ScaleState scale;
  };

  [[nodiscard]] std::optional<kube::WorkloadNow> Find(WorkloadId id) override {
    const auto at = workloads.find(id);
    return at == workloads.end() ? std::nullopt : std::optional(at->second);
  }
  void ObserveScale(WorkloadId id, const std::string& uid, const ScaleState& scale) override {
    observed.push_back({id, uid, scale});
  }
  void Release(WorkloadId id) override { released.push_back(id); }

  std::map<WorkloadId, kube::WorkloadNow> workloads;
  std::vector<Observed> observed;
  std::vector<WorkloadId> released;
};

}  // namespace hpaplus::test
