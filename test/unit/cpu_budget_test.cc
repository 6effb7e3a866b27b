#include "engine/shell/cpu_budget.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace hpaplus {
namespace {

namespace fs = std::filesystem;

class CgroupTree : public ::testing::Test {
 protected:
  CgroupTree() : root_(fs::temp_directory_path() / ("hpaplus-cgroup-" + std::to_string(getpid()))) {
    fs::create_directories(root_);
  }
  ~CgroupTree() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

TEST(CpuMax, ReadsQuotaOverPeriod) {
  EXPECT_EQ(ParseCpuMax("200000 100000\n"), 2.0);
  EXPECT_EQ(ParseCpuMax("50000 100000"), 0.5);
}

TEST(CpuMax, HasNoLimitWhereNoneIsSetOrTheTextIsSomethingElse) {
  for (const char* text : {"max 100000\n", "", "100000", "0 100000", "100000 0", "-1 100000",
                           "1e999 1", "1 2 3", "nan 1"}) {
    EXPECT_EQ(ParseCpuMax(text), std::nullopt) << text;
  }
}

TEST_F(CgroupTree, TakesTheTightestLimitOnTheWayToTheRoot) {
  Write("kubepods/cpu.max", "400000 100000\n");
  Write("kubepods/pod1/cpu.max", "150000 100000\n");
  Write("kubepods/pod1/app/cpu.max", "max 100000\n");
  EXPECT_EQ(CgroupCpuLimit("0::/kubepods/pod1/app\n", root_.string()), 1.5);
}

TEST_F(CgroupTree, UsesTheMountPointWhenThePathIsTheHosts) {
  Write("cpu.max", "300000 100000\n");
  EXPECT_EQ(CgroupCpuLimit("0::/../../host/only\n", root_.string()), 3.0);
  EXPECT_EQ(CgroupCpuLimit("0::/\n", root_.string()), 3.0);
}

TEST_F(CgroupTree, ReadsVersionOne) {
  Write("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
  Write("cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuLimit("5:memory:/x\n4:cpu,cpuacct:/docker/abc\n", root_.string()), 2.5);
}

TEST_F(CgroupTree, HasNoLimitInVersionOneWithMinusOne) {
  Write("cpu/a/cpu.cfs_quota_us", "-1\n");
  Write("cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(CgroupCpuLimit("4:cpu:/a\n", root_.string()), std::nullopt);
}

TEST(CpuBudget, IsAtLeastOneAndAtMostWhatIsConfigured) {
  EXPECT_GE(CpuBudget(), 1);
  EXPECT_EQ(CpuBudget(1), 1);
}

}  // namespace
}  // namespace hpaplus
