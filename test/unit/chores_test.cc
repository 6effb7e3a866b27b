#include "engine/kube/chores.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "engine/shell/system_clock.h"

namespace hpaplus::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Chores, RunAtOnceWhenTheyAreDueAndWhenSomebodyWakesThem) {
  SystemClock clock;
  std::atomic<int> runs = 0;
  std::promise<void> first;
  std::promise<void> due;
  std::promise<void> woken;
  Chores chores(clock, {[&](Timestamp now) {
                  const int run = ++runs;
                  if (run == 1) first.set_value();
                  if (run == 2) due.set_value();
                  if (run == 3) woken.set_value();
                  return run == 1 ? now + milliseconds(5) : now + seconds(3600);
                }});
  chores.Start();
  EXPECT_EQ(first.get_future().wait_for(seconds(10)), std::future_status::ready);
  EXPECT_EQ(due.get_future().wait_for(seconds(10)), std::future_status::ready);
  chores.Wake();
  EXPECT_EQ(woken.get_future().wait_for(seconds(10)), std::future_status::ready);
  chores.Stop();
  const int runs_at_stop = runs;
  chores.Wake();
  EXPECT_EQ(runs, runs_at_stop);
}

TEST(Chores, CanBeWokenAndStoppedWithoutHavingStarted) {
  SystemClock clock;
  Chores chores(clock, {});
  chores.Wake();
  chores.Stop();
}

}  // namespace
}  // namespace hpaplus::kube
