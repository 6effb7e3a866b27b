// The hazards of samples by their numbers (docs/missing-metrics.md), each at its boundary: what a
// sample of a source has to be to count, and that nothing else is ever taken for zero.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/core/demand_window.h"
#include "policies/total_average.h"
#include "policies/total_ratio.h"
#include "test/support/workload_builder.h"

namespace hpaplus::policies {
namespace {

using testing::Answer;
using testing::AnswerNumber;
using testing::Bench;
using testing::kNoon;
using testing::seconds;

constexpr Duration kTick(1);
constexpr double kLeast = std::numeric_limits<double>::denorm_min();

// What both ways to scale by a source's number make of a reading, for five replicas and a target of
// ten each. They have to agree on whether the number counts.
Reason ReasonOf(ReadingResult reading) {
  Bench bench(5);
  bench.AddPods(5);
  bench.readings.push_back(std::move(reading));
  const PolicyInput input{bench.now, bench.config, bench.view, bench.readings[0]};
  const MetricOutcome ratio =
      (*TotalRatio::Create({TotalKind::kSource, 10, seconds(90), {}}))->Propose(input);
  const MetricOutcome average =
      (*TotalAverage::Create({TotalKind::kSource, 10, seconds(90), {}}))->Propose(input);
  EXPECT_EQ(ratio.proposal.has_value(), average.proposal.has_value());
  const bool counts = ratio.proposal.has_value();
  EXPECT_EQ(counts, ratio.value.has_value()) << "what does not count is not shown as a number";
  if (counts) return Reason::kNone;
  EXPECT_EQ(ratio.reason, average.reason);
  return ratio.reason;
}

TEST(SampleModel, M1_ASampleIsStaleFromTheFirstMomentAfterItsTime) {
  EXPECT_EQ(ReasonOf(AnswerNumber(20, kNoon - seconds(90))), Reason::kNone);
  EXPECT_EQ(ReasonOf(AnswerNumber(20, kNoon - seconds(90) - kTick)), Reason::kStaleData);
  EXPECT_EQ(ReasonOf(AnswerNumber(20, Timestamp::min())), Reason::kStaleData);
}

TEST(SampleModel, M3_WhatIsNoNumberIsInvalidAndNotZero) {
  for (const double value : {std::nan(""), HUGE_VAL, -HUGE_VAL})
    EXPECT_EQ(ReasonOf(AnswerNumber(value)), Reason::kInvalidData) << value;
}

TEST(SampleModel, M4_AnythingBelowZeroIsInvalidAndMinusZeroIsZero) {
  EXPECT_EQ(ReasonOf(AnswerNumber(-0.0)), Reason::kNone);
  for (const double value : {-kLeast, -0.0001, -1.0, -1e308})
    EXPECT_EQ(ReasonOf(AnswerNumber(value)), Reason::kInvalidData) << value;
}

TEST(SampleModel, M5_LargeAndTinyNumbersCount) {
  for (const double value : {0.0, kLeast, 9007199254740993.0, 1e300})
    EXPECT_EQ(ReasonOf(AnswerNumber(value)), Reason::kNone) << value;
}

TEST(SampleModel, M7_OfSeveralNumbersNoneIsChosen) {
  Reading reading;
  reading.values = {{kNoon, 20, 20'000}, {kNoon, 20, 20'000}};
  EXPECT_EQ(ReasonOf(Answer(reading)), Reason::kInvalidData) << "though they are equal";
}

TEST(SampleModel, M8_ALateOrRepeatedSampleMovesNoWindow) {
  const Smoothing smoothing{.window = seconds(300), .function = SmoothingFunction::kAverage};
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    DemandWindow window;
    Timestamp newest = Timestamp::min();
    for (int i = 0; i < 50; ++i) {
      const Timestamp at = kNoon + seconds(static_cast<std::int64_t>(random.Uniform() * 60));
      const DemandWindow before = window;
      window.Add(at, random.Uniform(), smoothing);
      EXPECT_EQ(window == before, at <= newest);
      newest = std::max(newest, at);
    }
  }
}

TEST(SampleModel, M9_ASampleMayBeTwoSecondsAheadAndNoMore) {
  EXPECT_EQ(ReasonOf(AnswerNumber(20, kNoon + seconds(2))), Reason::kNone);
  EXPECT_EQ(ReasonOf(AnswerNumber(20, kNoon + seconds(2) + kTick)), Reason::kFutureData);
  EXPECT_EQ(ReasonOf(AnswerNumber(20, Timestamp::max())), Reason::kFutureData);
}

TEST(SampleModel, M11_NothingIsNotZeroAndNotAFailure) {
  EXPECT_EQ(ReasonOf(Answer({})), Reason::kNoData);
  EXPECT_EQ(ReasonOf(Error{ErrorCode::kUnavailable, "down"}), Reason::kSourceFailed);
  EXPECT_EQ(ReasonOf(Error{ErrorCode::kMalformedData, "html"}), Reason::kSourceFailed);
  EXPECT_EQ(ReasonOf(Error{ErrorCode::kNotFound, "gone"}), Reason::kSourceNotFound);
  EXPECT_EQ(ReasonOf(AnswerNumber(0)), Reason::kNone) << "a zero that was sent is one";
}

}  // namespace
}  // namespace hpaplus::policies
