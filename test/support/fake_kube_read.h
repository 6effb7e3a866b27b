#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "collectors/kube_read.h"

namespace hpaplus::test {

/// Answers paths of the API server from a map and remembers them. Not thread-safe.
class FakeKubeRead {
 public:
  std::map<std::string, Result<std::string>> answers;
  Result<std::string> otherwise = Error{ErrorCode::kNotFound, "the server has no such resource"};
  std::vector<std::string> seen;
  Timestamp deadline{};

  [[nodiscard]] collectors::KubeRead AsFunction() {
    return [this](std::span<const std::string> paths, Timestamp until) {
      deadline = until;
      std::vector<Result<std::string>> bodies;
      for (const std::string& path : paths) {
        seen.push_back(path);
        const auto found = answers.find(path);
        bodies.push_back(found == answers.end() ? otherwise : found->second);
      }
      return bodies;
    };
  }
};

}  // namespace hpaplus::test
