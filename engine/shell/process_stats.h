#pragma once

namespace hpaplus {

/// What /proc/self says. Zero where it says nothing.
struct ProcessStats {
  double resident_bytes = 0;
  double cpu_seconds = 0;  // User and system.
  double open_fds = 0;
  double threads = 0;
};

[[nodiscard]] ProcessStats ReadProcessStats();

}  // namespace hpaplus
