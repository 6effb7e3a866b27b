#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/ports/clock.h"

namespace hpaplus::kube {

struct Program {
  std::string command;  // Looked up in $PATH unless it has a slash.
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // In addition to ours.
  Duration timeout = std::chrono::seconds(30);
  std::size_t max_output_bytes = 1U << 20U;
};

/// Runs a program, without a shell or a terminal, and gives what it wrote to its standard output.
/// Its standard error is discarded, as it may show secrets. kNotFound when it cannot be started,
/// kDeadlineExceeded (it is killed, its children too), kMalformedData for too much output,
/// kPermissionDenied when it exits with a code other than 0. Errors name the command only.
/// Thread-safe.
[[nodiscard]] Result<std::string> RunProgram(const Program& program, Clock& clock);

}  // namespace hpaplus::kube
