#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/label_selector.h"
#include "engine/ports/pod_directory.h"

namespace hpaplus::test {

/// Pods by namespace, with their labels. Not thread-safe.
class FakePodDirectory final : public PodDirectory {
 public:
  struct LabelledPod {
    PodAddress address;
    Labels labels;
  };
  std::map<std::string, std::vector<LabelledPod>, std::less<>> pods;
  std::optional<Error> problem;  // What every Select() ends in.
  mutable std::size_t asked = 0;

  [[nodiscard]] Result<std::vector<PodAddress>> Select(
      std::string_view ns, const LabelSelector& selector) const override {
    ++asked;
    if (problem) return *problem;
    const auto parsed = ConvertSelector(selector);
    if (!parsed) return parsed.error();
    std::vector<PodAddress> selected;
    const auto found = pods.find(ns);
    if (found == pods.end()) return selected;
    for (const LabelledPod& pod : found->second) {
      if (parsed->Matches(pod.labels)) selected.push_back(pod.address);
    }
    std::ranges::sort(selected, {}, &PodAddress::name);
    return selected;
  }
};

}  // namespace hpaplus::test
