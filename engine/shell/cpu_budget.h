#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hpaplus {

/// How many threads of this process may compute at once:
///
///     max(1, min(CPUs in the affinity mask, floor(cgroup quota / period), configured))
///
/// oneTBB sees the machine's cores and ignores the cgroup's quota. With a quota of 2 on 64 cores
/// its workers would use it up at once, and the kernel would stop the process for the rest of each
/// 100 ms. `configured` is 0 for "auto". Reads /proc and /sys; call it again to follow changes.
[[nodiscard]] int CpuBudget(int configured = 0);

/// Quota over period of cgroup v2's cpu.max ("200000 100000"). Nothing for "max 100000", that is
/// without a limit, and for text that is something else.
[[nodiscard]] std::optional<double> ParseCpuMax(std::string_view text);

/// The tightest limit on the way from this process's cgroup to the root, in CPUs.
/// `proc_self_cgroup` is the text of /proc/self/cgroup, `root` where the cgroup file systems are
/// mounted; v1 and v2.
[[nodiscard]] std::optional<double> CgroupCpuLimit(std::string_view proc_self_cgroup,
                                                   const std::string& root);

}  // namespace hpaplus
