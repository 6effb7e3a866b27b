#include "engine/kube/run_program.h"

#include <csignal>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/shell/system_clock.h"
#include "test/support/temp_dir.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

Result<std::string> Shell(const std::string& script, Duration timeout = seconds(20)) {
  SystemClock clock;
  Program program;
  program.command = "sh";
  program.arguments = {"-c", script};
  program.environment = {{"ADDED", "yes"}, {"PATH", "/usr/bin:/bin"}};
  program.timeout = timeout;
  program.max_output_bytes = 100'000;
  return RunProgram(program, clock);
}

TEST(RunProgram, GivesTheOutputOfASuccess) {
  EXPECT_EQ(*Shell("echo $ADDED; cat; echo no >&2"), "yes\n");
  EXPECT_EQ(*Shell("exit 0"), "");
  EXPECT_EQ(Shell("head -c 90000 /dev/zero")->size(), 90'000U);
}

TEST(RunProgram, HasNoOtherDescriptorsOfOurs) {
  // One that would be inherited, as some of libcurl's are.
  const int inherited = dup(STDERR_FILENO);
  EXPECT_EQ(*Shell("ls /proc/self/fd | wc -l"), "4\n") << "0, 1, 2 and the directory";
  close(inherited);
}

TEST(RunProgram, AFailureIsTheCodeOrTheSignal) {
  EXPECT_THAT(Shell("echo canary; exit 7").error().message, HasSubstr("exit code 7"));
  EXPECT_THAT(Shell("kill -9 $$").error().message, HasSubstr("signal 9"));
  SystemClock clock;
  EXPECT_EQ(RunProgram({.command = "/none"}, clock).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(RunProgram({.command = "/"}, clock).error().code, ErrorCode::kNotFound);
}

TEST(RunProgram, WhatTakesTooLongIsKilledWithItsChildren) {
  test::TempDir dir;
  SystemClock clock;
  const Timestamp start = clock.Now();
  const auto output =
      Shell("sleep 600 & echo $! > " + dir.path() + "/child; sleep 600", milliseconds(300));
  EXPECT_EQ(output.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_LT(clock.Now() - start, seconds(10));
  const int child = std::stoi(dir.Read("child"));
  // An orphan that was killed vanishes when init has collected it; until then it is a zombie.
  bool runs = true;
  while (runs && clock.Now() < start + seconds(20)) {
    std::ifstream status("/proc/" + std::to_string(child) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(status)), {});
    runs = !text.empty() && text.find(") Z ") == std::string::npos;
  }
  EXPECT_FALSE(runs);
}

TEST(RunProgram, WhatIsWrittenBeyondTheLimitIsRefused) {
  const auto output = Shell("yes");
  EXPECT_EQ(output.error().code, ErrorCode::kMalformedData);
}

TEST(RunProgram, ADescendantThatKeepsTheOutputOpenDoesNotHoldUs) {
  SystemClock clock;
  const Timestamp start = clock.Now();
  EXPECT_EQ(*Shell("echo done; sleep 600 &"), "done\n");
  EXPECT_LT(clock.Now() - start, seconds(10));
}

TEST(RunProgram, AProgramThatClosesItsOutputIsStillWaitedFor) {
  EXPECT_THAT(Shell("exec >&-; sleep 0.1; exit 4").error().message, HasSubstr("exit code 4"));
}

}  // namespace
}  // namespace hpaplus::kube
