#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hpaplus::test {

/// An object that is refused, and what both the API server and CheckObject() say about it.
struct BadObject {
  std::string name;
  nlohmann::ordered_json object;
  std::vector<std::string> answers;
};

/// test/data/crd/good.yaml and bad.yaml. Empty when they cannot be read.
[[nodiscard]] std::vector<nlohmann::ordered_json> LoadGoodObjects();
[[nodiscard]] std::vector<BadObject> LoadBadObjects();

}  // namespace hpaplus::test
