#include "engine/push/source_samples.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/push/series_key.h"

namespace hpaplus::push {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp kNow{seconds(1'700'000'000)};
const double kStale = std::bit_cast<double>(kStaleMarkerBits);

std::string Key(const std::string& metric, const std::string& pod = "") {
  Labels labels{{"__name__", metric}};
  if (!pod.empty()) labels.emplace_back("pod", pod);
  return SeriesKey(labels);
}

TimedValue At(int second, double value) {
  return {kNow + seconds(second), value};
}

class SourceSamplesTest : public testing::Test {
 protected:
  MemoryBudget budget_{64U << 20U};
  SourceSamples::Limits limits_{.series_most = 3, .samples_per_series = 8};
  SourceSamples samples_{limits_, budget_, 64U << 20U};

  PushTally Append(const std::string& key, std::vector<TimedValue> values, Timestamp now = kNow) {
    PushTally tally;
    samples_.Append(key, values, now, tally);
    return tally;
  }

  std::vector<TimedValue> All(const std::string& metric) {
    for (const auto& series : samples_.Catalog()->series) {
      if (series.labels->front().second == metric) return samples_.Read({{series.id}}, 1000)[0];
    }
    return {};
  }
};

TEST_F(SourceSamplesTest, HasASampleTheMomentItArrives) {
  EXPECT_EQ(Append(Key("a"), {At(0, 5)}).written, 1U);
  EXPECT_EQ(All("a"), (std::vector{At(0, 5)}));
  EXPECT_EQ(samples_.series_count(), 1U);
}

TEST_F(SourceSamplesTest, NotesOfWhichMetricsThereIsSomethingNew) {
  PushTally tally;
  const auto add = [&](const std::string& key, int second) {
    const TimedValue sample = At(second, 1);
    samples_.Append(key, {&sample, 1}, kNow, tally);
  };
  add(Key("a", "1"), 0);
  add(Key("a", "2"), 0);
  add(Key("b"), 0);
  EXPECT_EQ(tally.metrics, (std::vector<std::string>{"a", "b"}));
  tally = {};
  add(Key("a", "1"), 0);
  add(Key("b"), 70);
  add(Key("b"), -1000);
  EXPECT_TRUE(tally.metrics.empty()) << "there already, from the future, too old";
  for (int i = 0; i < 17; ++i)
    tally.NoteNew({{"__name__", "m" + std::to_string(i)}});
  EXPECT_TRUE(tally.many_metrics);
  EXPECT_TRUE(tally.metrics.empty());
}

TEST_F(SourceSamplesTest, KeepsTheNewestByTheirOwnTime) {
  for (int i = -20; i <= 0; ++i)
    EXPECT_EQ(Append(Key("a"), {At(i, i)}).written, 1U);
  const auto kept = All("a");
  ASSERT_EQ(kept.size(), 8U);
  EXPECT_EQ(kept.front(), At(-7, -7));
  EXPECT_EQ(kept.back(), At(0, 0));
}

TEST_F(SourceSamplesTest, KeepsTheSameInWhateverOrderTheyArrive) {
  Random random(7);
  std::vector<TimedValue> sent;
  for (int i = 0; i < 30; ++i)
    sent.push_back(At(-i, i * 3));
  for (int round = 0; round < 200; ++round) {
    SourceSamples store(limits_, budget_, 64U << 20U);
    for (std::size_t i = sent.size() - 1; i > 0; --i)
      std::swap(sent[i], sent[random.Next() % (i + 1)]);
    PushTally tally;
    for (const TimedValue& sample : sent)
      store.Append(Key("a"), {&sample, 1}, kNow, tally);
    const auto kept = store.Read({{store.Catalog()->series[0].id}}, 1000)[0];
    ASSERT_EQ(kept.size(), 8U);
    for (int i = 0; i < 8; ++i)
      ASSERT_EQ(kept[static_cast<std::size_t>(i)], At(i - 7, (7 - i) * 3));
    EXPECT_EQ(tally.refused, 0U);
    EXPECT_EQ(tally.written + tally.late, 30U);
  }
}

TEST_F(SourceSamplesTest, NeverMovesBackForALateSample) {
  (void)Append(Key("a"), {At(-10, 1), At(0, 2)});
  EXPECT_EQ(Append(Key("a"), {At(-5, 7)}).written, 1U);
  EXPECT_EQ(All("a"), (std::vector{At(-10, 1), At(-5, 7), At(0, 2)}));
}

TEST_F(SourceSamplesTest, LeavesOutWhatComesTooLate) {
  const PushTally tally = Append(Key("a"), {At(-301, 1), At(-300, 2)});
  EXPECT_EQ(tally.late, 1U);
  EXPECT_EQ(tally.written, 1U);
  EXPECT_EQ(tally.refused, 0U);
  EXPECT_EQ(All("a"), (std::vector{At(-300, 2)}));
}

TEST_F(SourceSamplesTest, TakesTheSameSampleTwice) {
  (void)Append(Key("a"), {At(-1, 1), At(0, 2)});
  const PushTally again = Append(Key("a"), {At(-1, 1), At(0, 2)});
  EXPECT_EQ(again.written, 2U);
  EXPECT_EQ(again.refused, 0U);
  EXPECT_EQ(All("a").size(), 2U);
}

TEST_F(SourceSamplesTest, RefusesAnotherNumberForTheSameTime) {
  (void)Append(Key("a"), {At(-1, 1), At(0, 2)});
  const PushTally other = Append(Key("a"), {At(-1, 9)});
  EXPECT_EQ(other.refused, 1U);
  EXPECT_EQ(other.problem, "a{}: another number for 2023-11-14T22:13:19Z");
  EXPECT_EQ(All("a").front(), At(-1, 1));
}

TEST_F(SourceSamplesTest, RefusesTheFarFutureAndKeepsTheNearOne) {
  const PushTally tally = Append(Key("a"), {At(61, 1), At(60, 2)});
  EXPECT_EQ(tally.refused, 1U);
  EXPECT_EQ(tally.problem, "a{}: 2023-11-14T22:14:21Z lies in the future");
  EXPECT_EQ(All("a"), (std::vector{At(60, 2)}));  // For the engine to call FutureData.
}

TEST_F(SourceSamplesTest, KeepsNanForWhatItIs) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Append(Key("a"), {At(0, nan)}).written, 1U);
  EXPECT_EQ(Append(Key("a"), {At(0, nan)}).written, 1U);  // The same again.
  ASSERT_EQ(All("a").size(), 1U);
  EXPECT_TRUE(std::isnan(All("a")[0].value));
}

TEST_F(SourceSamplesTest, HasNothingOfASeriesThatHasEnded) {
  (void)Append(Key("a"), {At(-2, 5), At(-1, kStale)});
  EXPECT_TRUE(All("a").empty());
  (void)Append(Key("a"), {At(0, 6)});  // It is back.
  EXPECT_EQ(All("a"), (std::vector{At(-2, 5), At(0, 6)}));
}

TEST_F(SourceSamplesTest, AddsUpWhatIsCountedAnew) {
  PushTally tally;
  for (const TimedValue& increase : {At(-3, 5), At(-2, 2), At(-2, 2), At(-4, 9), At(-1, 1)})
    samples_.Add(Key("a"), increase, kNow, tally);
  EXPECT_EQ(tally.written, 3U);
  EXPECT_EQ(tally.late, 2U);
  EXPECT_EQ(All("a"), (std::vector{At(-3, 5), At(-2, 7), At(-1, 8)}));
  samples_.Add(Key("a"), At(61, 1), kNow, tally);
  EXPECT_EQ(tally.refused, 1U);
  (void)Append(Key("a"), {At(0, kStale)});
  samples_.Add(Key("a"), At(1, 4), kNow, tally);  // A new beginning.
  EXPECT_EQ(All("a").back(), At(1, 4));
}

TEST_F(SourceSamplesTest, ForgetsWhoHasBeenSilentForTooLong) {
  (void)Append(Key("a"), {At(0, 5)});
  const auto before = samples_.Catalog();
  (void)Append(Key("b"), {At(200, 5)}, kNow + seconds(200));
  samples_.Sweep(kNow + minutes(5));
  EXPECT_EQ(samples_.series_count(), 2U);
  samples_.Sweep(kNow + minutes(5) + seconds(1));
  EXPECT_EQ(samples_.series_count(), 1U);
  EXPECT_TRUE(All("a").empty());
  EXPECT_EQ(All("b").size(), 1U);
  EXPECT_TRUE(samples_.Read({{before->series[0].id}}, 1)[0].empty());
}

TEST_F(SourceSamplesTest, GivesTheSameCatalogUntilSeriesComeOrGo) {
  (void)Append(Key("a"), {At(0, 5)});
  const auto first = samples_.Catalog();
  (void)Append(Key("a"), {At(1, 5)});
  EXPECT_EQ(samples_.Catalog(), first);
  (void)Append(Key("b"), {At(1, 5)});
  EXPECT_NE(samples_.Catalog(), first);
}

TEST_F(SourceSamplesTest, RefusesSeriesBeyondTheLimitAndKeepsTheOthers) {
  for (const char* metric : {"a", "b", "c"})
    EXPECT_EQ(Append(Key(metric), {At(0, 1)}).written, 1U);
  const PushTally tally = Append(Key("d", "x"), {At(0, 1), At(1, 1)});
  EXPECT_EQ(tally.refused, 2U);
  EXPECT_NE(tally.problem.find("d{pod=\"x\"}: too many series; the source may have 3"),
            std::string::npos)
      << tally.problem;
  EXPECT_EQ(Append(Key("a"), {At(1, 1)}).written, 1U);
}

TEST_F(SourceSamplesTest, StaysWithinItsMemoryAndGivesItBack) {
  limits_ = {.series_most = 100'000, .samples_per_series = 1024};
  {
    SourceSamples store(limits_, budget_, 100'000);
    PushTally tally;
    for (int i = 0; i < 10'000; ++i) {
      const TimedValue sample = At(0, i);
      store.Append(Key("m", "pod-" + std::to_string(i)), {&sample, 1}, kNow, tally);
    }
    EXPECT_GT(tally.refused, 9'000U);
    EXPECT_LE(budget_.used(), 100'000U);
    // Those that are there go on, with less of a past.
    tally = PushTally();
    for (int i = 1; i <= 100; ++i) {
      const TimedValue sample = At(i - 100, i);
      store.Append(Key("m", "pod-0"), {&sample, 1}, kNow, tally);
    }
    EXPECT_EQ(tally.refused, 1U);  // The one that was 0 at kNow.
    EXPECT_LE(budget_.used(), 100'000U);
    store.Sweep(kNow + minutes(6));
    EXPECT_EQ(budget_.used(), 0U);
    store.Append(Key("m"), std::vector{At(360, 1)}, kNow + minutes(6), tally);
    EXPECT_GT(budget_.used(), 0U);
  }
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(SourceSamplesTest, TakesOverSmallerLimits) {
  for (int i = -7; i <= 0; ++i)
    (void)Append(Key("a"), {At(i, i)});
  const std::size_t before = budget_.used();
  samples_.SetLimits({.series_most = 1, .samples_per_series = 2, .forget_after = seconds(30)});
  (void)Append(Key("a"), {At(1, 1)});
  EXPECT_EQ(All("a"), (std::vector{At(0, 0), At(1, 1)}));
  EXPECT_EQ(budget_.used(), before - 6 * sizeof(TimedValue));
  EXPECT_EQ(Append(Key("b"), {At(1, 1)}).refused, 1U);
  EXPECT_EQ(Append(Key("a"), {At(-31, 1)}).late, 1U);
}

TEST_F(SourceSamplesTest, KnowsASeriesByItsLabelsInAnyOrder) {
  const std::string wire(
      "\x0a\x08\x0a\x03pod\x12\x01x\x0a\x0d\x0a\x08__name__\x12\x01"
      "a",
      25);
  EXPECT_EQ(Append(wire, {At(0, 1)}).problem, "");
  EXPECT_EQ(Append(Key("a", "x"), {At(1, 2)}).written, 1U);
  EXPECT_EQ(Append(wire, {At(2, 3)}).written, 1U);
  EXPECT_EQ(samples_.series_count(), 1U);
  EXPECT_EQ(All("a").size(), 3U);
}

TEST_F(SourceSamplesTest, RefusesLabelsThatMakeNoSense) {
  Labels many{{"__name__", "a"}};
  for (int i = 0; i < 64; ++i)
    many.emplace_back("l" + std::to_string(i), "v");
  const std::pair<Labels, const char*> cases[] = {
      {{}, "a series without a name"},
      {{{"__name__", ""}}, "a series without a name"},
      {{{"", "x"}, {"__name__", "a"}}, "a label without a name"},
      {{{"__name__", "a"}, {"b", "1"}, {"b", "2"}}, "label b twice"},
      {{{"__name__", std::string(5000, 'a')}}, "label __name__ is too long"},
      {many, "more than 64 labels"},
  };
  for (const auto& [labels, problem] : cases) {
    const PushTally tally = Append(SeriesKey(labels), {At(0, 1), At(1, 1)});
    EXPECT_EQ(tally.refused, 2U);
    EXPECT_EQ(tally.problem, problem);
  }
  EXPECT_EQ(Append("\x0a\x7f", {At(0, 1)}).problem, "labels that are none");
  EXPECT_EQ(samples_.series_count(), 0U);
}

TEST_F(SourceSamplesTest, TakesAnEmptyLabelForNone) {
  (void)Append(SeriesKey({{"__name__", "a"}, {"pod", ""}}), {At(0, 1)});
  (void)Append(Key("a"), {At(1, 1)});
  EXPECT_EQ(samples_.series_count(), 1U);
}

TEST(SourceSamplesThreads, ServesManyAtOnce) {
  MemoryBudget budget(64U << 20U);
  SourceSamples store({.series_most = 50, .samples_per_series = 16}, budget, 64U << 20U);
  constexpr int kEach = 2000;
  std::vector<PushTally> tallies(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t sender = 0; sender < tallies.size(); ++sender) {
      threads.emplace_back([&store, &tally = tallies[sender]] {
        for (int i = 0; i < kEach; ++i) {
          const TimedValue sample{kNow + milliseconds(i), 1.0 * i};
          store.Append(Key("m", "pod-" + std::to_string(i % 50)), {&sample, 1}, kNow, tally);
        }
      });
    }
    threads.emplace_back([&store] {
      for (int i = 0; i < 200; ++i) {
        std::vector<std::uint64_t> ids;
        for (const auto& series : store.Catalog()->series)
          ids.push_back(series.id);
        for (const auto& read : store.Read(ids, 100))
          EXPECT_TRUE(std::ranges::is_sorted(read, {}, &TimedValue::at));
        store.Sweep(kNow);
      }
    });
  }
  for (const PushTally& tally : tallies) {
    EXPECT_EQ(tally.refused, 0U) << tally.problem;
    EXPECT_EQ(tally.written + tally.late, std::size_t{kEach});
  }
  EXPECT_EQ(store.series_count(), 50U);
}

}  // namespace
}  // namespace hpaplus::push
