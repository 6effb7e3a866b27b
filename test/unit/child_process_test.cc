#include "test/support/child_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

namespace hpaplus::support {
namespace {

constexpr auto kLong = std::chrono::seconds(20);

TEST(ChildProcessTest, TellsHowItEnded) {
  auto process = ChildProcess::Start({.arguments = {"sh", "-c", "exit 7"}});
  ASSERT_TRUE(process);
  EXPECT_EQ((*process)->Wait(kLong), 7);
  EXPECT_FALSE((*process)->running());
}

TEST(ChildProcessTest, IsKilledBySignals) {
  auto process = ChildProcess::Start({.arguments = {"sleep", "60"}});
  ASSERT_TRUE(process);
  EXPECT_TRUE((*process)->running());
  (*process)->Signal(SIGKILL);
  EXPECT_EQ((*process)->Wait(kLong), 128 + SIGKILL);
}

TEST(ChildProcessTest, EndsWithItsOwner) {
  int pid = 0;
  {
    auto process = ChildProcess::Start({.arguments = {"sleep", "60"}});
    ASSERT_TRUE(process);
    pid = (*process)->pid();
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(ChildProcessTest, WritesItsOutputToAFileAndGetsItsEnvironment) {
  const auto file = std::filesystem::temp_directory_path() /
                    ("hpaplus-child-" + std::to_string(getpid()) + ".log");
  auto process = ChildProcess::Start({.arguments = {"sh", "-c", "echo $WORD; echo err >&2"},
                                      .environment = {"WORD=hello"},
                                      .output_file = file.string()});
  ASSERT_TRUE(process);
  EXPECT_EQ((*process)->Wait(kLong), 0);
  std::ifstream in(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "hello\nerr\n");
  std::filesystem::remove(file);
}

TEST(ChildProcessTest, SaysWhenThereIsNoSuchProgram) {
  const auto process = ChildProcess::Start({.arguments = {"hpaplus-no-such-program"}});
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace hpaplus::support
