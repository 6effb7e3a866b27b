// M10: rates of counters that start again, compared with what PromQL makes of them: promtool
// evaluates rate() over the same samples.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "collectors/selector_query.h"
#include "engine/base/random.h"
#include "test/support/child_process.h"
#include "test/support/temp_dir.h"

namespace hpaplus::collectors {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kScrape = seconds(15);

// A counter that grows, and starts again now and then.
std::vector<TimedValue> Counter(Random& random, std::size_t count) {
  std::vector<TimedValue> samples;
  double value = 1e6;
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back({Timestamp(kScrape * static_cast<std::int64_t>(i)), value});
    // Never close to zero, beyond which Prometheus does not extrapolate.
    value = random.Uniform() < 0.15 ? std::floor(value * (0.5 + 0.4 * random.Uniform()))
                                    : value + std::floor(1000 * random.Uniform());
  }
  return samples;
}

TEST(RatePromtool, M10_ARateWithResetsIsWhatPromqlSays) {
  Random random(20);
  std::string rules = "rule_files: []\nevaluation_interval: 15s\ntests:\n";
  std::size_t compared = 0;
  std::size_t with_reset = 0;
  for (int series = 0; series < 20; ++series) {
    const std::vector<TimedValue> samples = Counter(random, 41);
    rules += "- interval: 15s\n  input_series:\n  - series: c\n    values: '";
    for (const TimedValue& sample : samples)
      rules += fmt::format("{} ", sample.value);
    rules += "'\n  promql_expr_test:\n";
    for (int minute = 2; minute <= 10; ++minute) {
      // Between two scrapes: whether a window has its first instant is another question.
      const Timestamp now{minutes(minute) + milliseconds(1)};
      const auto end = std::ranges::upper_bound(samples, now, {}, &TimedValue::at);
      const std::vector<TimedValue> known(samples.begin(), end);
      const auto rate = RateOf(known, minutes(1), now);
      ASSERT_TRUE(rate);
      const std::size_t first = known.size() - 4;
      for (std::size_t i = first + 1; i < known.size(); ++i) {
        if (known[i].value >= known[i - 1].value) continue;
        ++with_reset;
        break;
      }
      rules += fmt::format(
          "  - expr: abs(rate(c[1m]) - {:.17g}) < bool 1e-9 * {:.17g}\n"
          "    eval_time: {}m1ms\n    exp_samples: [{{labels: '{{}}', value: 1}}]\n",
          rate->value, rate->value, minute);
      ++compared;
    }
  }
  ASSERT_EQ(compared, 180U);
  ASSERT_GT(with_reset, 40U);

  const test::TempDir dir;
  std::ofstream(dir.path() + "/rates.yml") << rules;
  const std::string said = dir.path() + "/said";
  auto promtool = support::ChildProcess::Start(
      {.arguments = {"promtool", "test", "rules", dir.path() + "/rates.yml"}, .output_file = said});
  if (!promtool) GTEST_SKIP() << "SKIPPED: no promtool in PATH; install Debian's prometheus";
  EXPECT_EQ((*promtool)->Wait(seconds(60)), 0) << dir.Read("said").substr(0, 4000);
}

}  // namespace
}  // namespace hpaplus::collectors
