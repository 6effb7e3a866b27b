#include "engine/shell/cpu_budget.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#include <sched.h>

namespace hpaplus {
namespace {

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::optional<double> ParseNumber(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.remove_suffix(1);
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> LimitV2(const std::string& directory) {
  const auto text = ReadFile(directory + "/cpu.max");
  return text ? ParseCpuMax(*text) : std::nullopt;
}

std::optional<double> LimitV1(const std::string& directory) {
  const auto quota_text = ReadFile(directory + "/cpu.cfs_quota_us");
  const auto period_text = ReadFile(directory + "/cpu.cfs_period_us");
  if (!quota_text || !period_text) return std::nullopt;
  const auto quota = ParseNumber(*quota_text);
  const auto period = ParseNumber(*period_text);
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;  // -1: no limit.
  return *quota / *period;
}

// From the group itself up to the mount point. Inside a container the path often names what only
// the host sees; the mount point then is the container's own group.
template <class Read>
std::optional<double> TightestUpwards(const std::string& mount, std::string path, Read read) {
  std::optional<double> tightest;
  for (;;) {
    const auto limit = read(mount + path);
    if (limit && (!tightest || *limit < *tightest)) tightest = limit;
    const auto slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) return tightest;
    path.resize(slash);
  }
}

}  // namespace

std::optional<double> ParseCpuMax(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = ParseNumber(text.substr(0, space));
  const auto period = ParseNumber(text.substr(space + 1));
  if (!quota || !period || !(*quota > 0) || !(*period > 0)) return std::nullopt;
  return *quota / *period;
}

std::optional<double> CgroupCpuLimit(std::string_view proc_self_cgroup, const std::string& root) {
  std::optional<double> tightest;
  const auto tighten = [&](std::optional<double> limit) {
    if (limit && (!tightest || *limit < *tightest)) tightest = limit;
  };
  // Lines are "hierarchy:controllers:path"; v2 has one, "0::/path".
  while (!proc_self_cgroup.empty()) {
    const auto line_end = std::min(proc_self_cgroup.find('\n'), proc_self_cgroup.size());
    const std::string_view line = proc_self_cgroup.substr(0, line_end);
    proc_self_cgroup.remove_prefix(std::min(line_end + 1, proc_self_cgroup.size()));

    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    std::string path(line.substr(second + 1));
    if (path == "/") path.clear();
    if (controllers.empty()) {
      tighten(TightestUpwards(root, path, LimitV2));
    } else if (("," + std::string(controllers) + ",").find(",cpu,") != std::string::npos) {
      tighten(TightestUpwards(root + "/" + std::string(controllers), path, LimitV1));
      tighten(TightestUpwards(root + "/cpu", path, LimitV1));
    }
  }
  return tightest;
}

int CpuBudget(int configured) {
  int budget = 1;
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) budget = CPU_COUNT(&mask);
  if (const auto groups = ReadFile("/proc/self/cgroup")) {
    if (const auto limit = CgroupCpuLimit(*groups, "/sys/fs/cgroup")) {
      budget = std::min(budget, static_cast<int>(std::clamp(std::floor(*limit), 1.0, 4096.0)));
    }
  }
  if (configured > 0) budget = std::min(budget, configured);
  return std::max(budget, 1);
}

}  // namespace hpaplus
