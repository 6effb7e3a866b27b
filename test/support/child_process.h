#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace hpaplus::support {

/// A program that runs beside us and ends with us: on destruction, and when this process dies.
/// Not thread-safe.
class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> arguments;    // arguments[0] is the program, looked up in $PATH.
    std::vector<std::string> environment;  // "NAME=value", in addition to ours.
    std::string output_file;               // For stdout and stderr; empty: ours.
  };

  /// kNotFound when the program cannot be started.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> Start(const Options& options);

  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void Signal(int signal);
  /// Waits for its end, at most so long. The exit code, 128 + signal when it was killed, nothing
  /// when it still runs.
  [[nodiscard]] std::optional<int> Wait(Duration most);
  [[nodiscard]] bool running() { return !Wait(Duration::zero()); }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  explicit ChildProcess(int pid) : pid_(pid) {}

  const int pid_;
  std::optional<int> exit_code_;
};

/// A port of 127.0.0.1 on which nobody listens just now.
[[nodiscard]] int FreePort();

}  // namespace hpaplus::support
