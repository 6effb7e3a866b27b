// A day of an engine's decisions under a changing demand, recorded, read back and decided again;
// and what is left of recordings that were cut off or damaged.

#include "engine/record/recording.h"

#include <gmock/gmock.h>

#include "test/support/recorded_rounds.h"
#include "test/support/temp_dir.h"

namespace hpaplus::record {
namespace {

using testing::CpuSpec;
using ::testing::HasSubstr;
using testing::RoundsOf;
using testing::SegmentOf;
using testing::Spec;
using testing::Verified;
using testing::Verify;
using testing::VerifyBytes;

TEST(Recording, OfADayIsDecidedAgainToTheByte) {
  for (const WorkloadSpec& spec : {Spec(), CpuSpec()}) {
    const std::vector<Round> rounds = RoundsOf(spec, 86'400);
    EXPECT_GE(rounds.size(), 86'000U);
    const std::string bytes = SegmentOf(rounds);
    EXPECT_EQ(bytes, SegmentOf(rounds));
    const Verified verified = VerifyBytes(bytes);
    EXPECT_EQ(verified.rounds, rounds.size());
    EXPECT_EQ(verified.unknown + verified.different, 0U);
    EXPECT_TRUE(verified.errors.empty() && verified.notes.empty());
    const bool has_pods = spec.metrics[0].type == MetricType::kResource;
    EXPECT_LT(bytes.size(), (has_pods ? 200U : 10U) << 20U);
  }
}

TEST(Recording, KeepsAnObjectThatWasEditedOnTheWay) {
  WorkloadSpec edited = Spec(20);
  edited.generation = 2;
  edited.max_replicas = 12;
  edited.metrics[0].query = "0";
  const auto rounds = RoundsOf(Spec(), 600, std::make_shared<const WorkloadSpec>(edited));
  const std::string bytes = SegmentOf(rounds);
  auto reader = SegmentReader::Open(bytes);
  ASSERT_TRUE(reader);
  std::vector<std::int64_t> generations;
  for (auto entry = reader->Next(); entry && *entry; entry = reader->Next()) {
    if ((*entry)->kind != EntryKind::kRound) continue;
    const std::int64_t generation = (*entry)->round->view->spec->generation;
    if (generations.empty() || generations.back() != generation) generations.push_back(generation);
  }
  EXPECT_EQ(generations, (std::vector<std::int64_t>{1, 2}));
  const Verified verified = VerifyBytes(bytes);
  EXPECT_EQ(verified.rounds, rounds.size());
  EXPECT_EQ(verified.unknown + verified.different, 0U);
}

TEST(Recording, FindsADecisionThatIsAnotherNow) {
  std::vector<Round> rounds = RoundsOf(Spec(), 60);
  ASSERT_GT(rounds.size(), 20U);
  rounds[10].decided.steps.back().evidence += 1e-9;
  EXPECT_EQ(VerifyBytes(SegmentOf(rounds)).different, 1U);
  Decision other = rounds[12].decided;
  other.steps[0].after += 2;
  EXPECT_THAT(FirstDifference(rounds[12].decided, other), HasSubstr("step 1 ("));
  other = rounds[12].decided;
  other.metrics[0].proposal = 77;
  EXPECT_THAT(FirstDifference(rounds[12].decided, other), HasSubstr("asking for 77"));
  EXPECT_EQ(FirstDifference(other, other), "");
}

TEST(Recording, ThatWasCutOffIsReadUpToThere) {
  const std::vector<Round> rounds = RoundsOf(Spec(), 20);
  const std::string bytes = SegmentOf(rounds);
  std::size_t before = 0;
  for (std::size_t size = kMagic.size(); size < bytes.size(); ++size) {
    const Verified verified = VerifyBytes(bytes.substr(0, size));
    EXPECT_TRUE(verified.errors.empty()) << size << ": " << verified.errors.front();
    EXPECT_GE(verified.rounds, before);
    before = verified.rounds;
    const Verified zeros = VerifyBytes(bytes.substr(0, size) + std::string(40, '\0'));
    EXPECT_GE(zeros.rounds + zeros.errors.size(), before);
  }
  EXPECT_EQ(before, rounds.size() - 1);
  const Verified cut = VerifyBytes(bytes.substr(0, bytes.size() - 3));
  ASSERT_EQ(cut.notes.size(), 1U);
  EXPECT_THAT(cut.notes[0], HasSubstr("the last "));
  EXPECT_THAT(cut.notes[0], HasSubstr("a frame that was not finished"));
}

TEST(Recording, ThatWasDamagedSaysWhereAndWhatIsLost) {
  const std::vector<Round> rounds = RoundsOf(Spec(), 20);
  const std::string bytes = SegmentOf(rounds);
  for (std::size_t at = kMagic.size(); at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const Verified verified = VerifyBytes(damaged);
    ASSERT_EQ(verified.errors.size(), 1U) << "byte " << at;
    EXPECT_EQ(verified.different, 0U);
    EXPECT_LT(verified.rounds, rounds.size());
    EXPECT_THAT(verified.errors[0], HasSubstr("the frame at offset "));
    EXPECT_THAT(verified.errors[0], HasSubstr("bytes, cannot be read"));
  }
}

TEST(Recording, RefusesOtherFiles) {
  const auto problem = [](const std::string& text) { return VerifyBytes(text).errors.at(0); };
  EXPECT_THAT(problem(""), HasSubstr("the file is empty"));
  EXPECT_THAT(problem("t_seconds,value\n"), HasSubstr("the file is no recording"));
  EXPECT_THAT(problem("hpaplus recording 2\n"), HasSubstr("a version that is not known here"));
  EXPECT_THAT(Verify("/nowhere").errors.at(0), HasSubstr("/nowhere: cannot be read"));
  test::TempDir dir;
  const std::string damaged = SegmentOf(RoundsOf(Spec(), 20)) + std::string(50, 'x');
  EXPECT_THAT(Verify(dir.Write("it.hpar", damaged)).errors.at(0),
              HasSubstr("it.hpar: the frame at offset "));
  test::TempDir empty;
  EXPECT_THAT(Verify(empty.path()).errors.at(0), HasSubstr("no .hpar file"));
}

TEST(Recording, WhoseFirstRoundsAreMissingSaysSo) {
  std::vector<Round> rounds = RoundsOf(Spec(), 20);
  ASSERT_TRUE(rounds[0].history);
  rounds[0].history.reset();
  const Verified verified = VerifyBytes(SegmentOf(rounds));
  EXPECT_GT(verified.unknown, 0U);
  EXPECT_EQ(verified.different, 0U);
}

}  // namespace
}  // namespace hpaplus::record
