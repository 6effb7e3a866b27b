// An engine's decisions, written by a thread of its own into a ring of files.

#include "engine/record/recorder.h"

#include <functional>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus::record {
namespace {

namespace fs = std::filesystem;
using testing::CpuSpec;
using ::testing::HasSubstr;
using testing::kStart;
using testing::OfTen;
using testing::RoundsOf;
using testing::Spec;
using testing::Verified;
using testing::Verify;
using testing::Waves;

class RecorderTest : public ::testing::Test {
 protected:
  test::TempDir dir_;
  Recorder::Config config_{.directory = dir_.path() + "/rec", .writer = "a test"};

  // The numbers when all is written. Unless it is in a `hurry`, the engine waits for the recorder.
  static Recorder::Numbers Record(const Recorder::Config& config, const WorkloadSpec& spec,
                                  int length, bool hurry = false) {
    auto recorder = Recorder::Start(config);
    EXPECT_TRUE(recorder) << recorder.error().message;
    const rehearse::Trace trace = Waves(length);
    rehearse::TraceWorld world(spec, trace, OfTen(), kStart);
    const auto wait_for = [&](std::uint64_t rounds) {
      for (auto now = (*recorder)->numbers(); now.rounds + now.lost < rounds;
           now = (*recorder)->numbers())
        std::this_thread::yield();
    };
    constexpr std::uint64_t kAhead = 50;
    Both both(world, **recorder, [&] {
      if (!hurry && world.decisions() > kAhead) wait_for(world.decisions() - kAhead);
    });
    testing::RunTapped(world, world, both, **recorder);
    wait_for(world.decisions());
    return (*recorder)->numbers();
  }

  class Both final : public Journal {
   public:
    Both(Journal& a, Journal& b, std::function<void()> after_tick)
        : a_(a), b_(b), after_tick_(std::move(after_tick)) {}
    void RecordDecision(const Decision& decision, const WorkloadView& view) override {
      a_.RecordDecision(decision, view);
      b_.RecordDecision(decision, view);
    }
    void RecordOutcome(const ScaleOutcome& outcome, Timestamp at) override {
      a_.RecordOutcome(outcome, at);
      b_.RecordOutcome(outcome, at);
    }
    void RecordGone(WorkloadId workload) override {
      a_.RecordGone(workload);
      b_.RecordGone(workload);
    }
    void RecordTick(const TickReport& report) override {
      a_.RecordTick(report);
      b_.RecordTick(report);
      after_tick_();
    }

   private:
    Journal& a_;
    Journal& b_;
    const std::function<void()> after_tick_;
  };
};

TEST_F(RecorderTest, WritesWhatTheEngineDecides) {
  const Recorder::Numbers numbers = Record(config_, Spec(), 3600);
  EXPECT_EQ(numbers.lost, 0U);
  const Verified verified = Verify(config_.directory);
  EXPECT_EQ(verified.rounds, numbers.rounds);
  EXPECT_GT(verified.writes, 20U);
  EXPECT_EQ(verified.unknown + verified.different + verified.errors.size(), 0U);
}

TEST_F(RecorderTest, GoesOnAfterARestart) {
  (void)Record(config_, Spec(), 60);
  (void)Record(config_, Spec(), 60);
  const auto files = SegmentsIn(config_.directory);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[1].filename(), "rec-0000000002.hpar");
  const Verified verified = Verify(config_.directory);
  EXPECT_GT(verified.rounds, 110U);
  EXPECT_EQ(verified.unknown + verified.different, 0U);
}

TEST_F(RecorderTest, KeepsToItsBytesAndEverySegmentCanBeReadAlone) {
  config_.bytes_most = Recorder::kBytesLeast;
  const Recorder::Numbers numbers = Record(config_, Spec(), 20'000);
  EXPECT_GT(numbers.bytes, config_.bytes_most * 3 / 2);
  const auto files = SegmentsIn(config_.directory);
  ASSERT_TRUE(files);
  std::uintmax_t bytes = 0;
  for (const fs::path& file : *files) {
    bytes += fs::file_size(file);
    const Verified alone = Verify(file);
    EXPECT_GT(alone.rounds, 0U);
    EXPECT_EQ(alone.unknown + alone.different + alone.errors.size(), 0U) << file;
  }
  EXPECT_LE(bytes, config_.bytes_most + (1U << 16U)) << "but for what a tick decides";
  EXPECT_GT(files->size(), 2U);
  EXPECT_NE(files->front().filename(), "rec-0000000001.hpar") << "the oldest is gone";
}

TEST_F(RecorderTest, CountsWhatFindsNoPlaceAndSaysSoInTheRecording) {
  config_.queue_most = 3;
  const Recorder::Numbers numbers = Record(config_, CpuSpec(), 3000, true);
  EXPECT_GT(numbers.rounds, 0U);
  const Verified verified = Verify(config_.directory);
  EXPECT_GE(verified.rounds, numbers.rounds) << "what still waited is written at the end";
  EXPECT_EQ(verified.unknown + verified.different, 0U) << "a round after a gap has its history";
  EXPECT_GT(verified.lost, 0U);
}

TEST_F(RecorderTest, SurvivesADirectoryThatIsGone) {
  auto recorder = Recorder::Start(config_);
  ASSERT_TRUE(recorder);
  fs::remove_all(config_.directory);
  const std::vector<Round> rounds = RoundsOf(Spec(), 60);
  const auto feed = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      Round round = rounds[i];
      if ((*recorder)->WantsHistory(round.id) && !round.history) round.history.emplace();
      (*recorder)->Take(std::move(round));
      while ((*recorder)->numbers().rounds + (*recorder)->numbers().lost < i + 1)
        std::this_thread::yield();
      (*recorder)->RecordTick({});
    }
  };
  feed(0, 20);
  EXPECT_EQ((*recorder)->numbers().lost, 20U);
  EXPECT_TRUE((*recorder)->numbers().failing);
  EXPECT_THAT((*recorder)->Metrics(), HasSubstr("hpaplus_recording_failing 1\n"));
  fs::create_directory(config_.directory);
  feed(20, 59);
  EXPECT_FALSE((*recorder)->numbers().failing) << "it tries again after a while";
  EXPECT_GT((*recorder)->numbers().rounds, 20U);
}

TEST_F(RecorderTest, RefusesADirectoryItCannotUse) {
  config_.directory = dir_.path() + "/not/there";
  EXPECT_FALSE(Recorder::Start(config_));
  config_.directory = dir_.Write("a-file", "x");
  EXPECT_FALSE(Recorder::Start(config_));
}

}  // namespace
}  // namespace hpaplus::record
