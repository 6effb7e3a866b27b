#include "engine/eval/read_table.h"

#include <gtest/gtest.h>

#include "test/support/fake_world.h"

namespace hpaplus {
namespace {

using std::chrono::seconds;
using testing::Answer;

constexpr Timestamp kStart{std::chrono::hours(100)};
constexpr WorkloadId kUser{3};

PlannedRead Question(const std::string& expression, const std::string& ns = "shop") {
  return {"prom", {.ns = ns, .expression = expression}};
}

class ReadTableTest : public ::testing::Test {
 protected:
  bool Ask(ReadId id, std::uint32_t asker, Timestamp now, Duration timeout = seconds(1)) {
    return reads_.Ask(id, WorkloadId{asker}, false, now, now + timeout);
  }
  std::vector<WorkloadId> Absorb(ReadId id, double value, Timestamp now) {
    const auto waited = reads_.Absorb({id, Answer(value, now)}, now);
    return {waited.begin(), waited.end()};
  }

  Duration share_for_{};
  ReadTable reads_{[this](const SourceName&) { return share_for_; }};
};

TEST_F(ReadTableTest, EqualQuestionsAreOneReadAndUnequalOnesAreNot) {
  const ReadId a = reads_.Acquire(Question("load"), kUser);
  EXPECT_EQ(reads_.Acquire(Question("load"), kUser), a);
  std::vector<PlannedRead> others(6, Question("load"));
  others[0].source = "other";
  others[1].query.ns = "bank";
  others[2].query.expression = "loads";
  others[3].query.selector = "a=b";
  others[4].query.pod_selector = "a=b";
  others[5].query.type = MetricType::kExternal;
  // Parts that read the same when written one after the other.
  others.push_back(Question("load1:x", "shop"));
  others.push_back(Question("x", "shopload1:"));
  std::set<ReadId> ids{a};
  for (const PlannedRead& other : others)
    EXPECT_TRUE(ids.insert(reads_.Acquire(other, kUser)).second) << other.query.expression;
  EXPECT_EQ(reads_.size(), 1 + others.size());
}

TEST_F(ReadTableTest, NewsAreForThoseWhoHaveAQuestionAboutThem) {
  const auto users = [this](const std::vector<std::string>& metrics) {
    return reads_.UsersOf({"prom", metrics});
  };
  const ReadId depth = reads_.Acquire(Question("sum(depth{queue=\"a\"})"), WorkloadId{1});
  (void)reads_.Acquire(Question("depth"), WorkloadId{2});
  (void)reads_.Acquire(Question("depth"), WorkloadId{1});
  const ReadId any = reads_.Acquire(Question("{__name__=~\"d.*\"}"), WorkloadId{4});
  const ReadId load = reads_.Acquire(Question("load"), WorkloadId{5});
  EXPECT_FALSE(reads_.HasNews(depth));
  EXPECT_EQ(users({"depth"}),
            (std::vector<WorkloadId>{WorkloadId{1}, WorkloadId{2}, WorkloadId{4}}));
  EXPECT_TRUE(reads_.HasNews(depth));
  EXPECT_TRUE(reads_.HasNews(any));
  EXPECT_FALSE(reads_.HasNews(load));
  EXPECT_EQ(users({"load", "other"}), (std::vector<WorkloadId>{WorkloadId{4}, WorkloadId{5}}));
  EXPECT_EQ(users({}).size(), 4U) << "news about anything";
  EXPECT_TRUE(reads_.UsersOf({"other", {}}).empty());
  reads_.Release(load, WorkloadId{5});
  EXPECT_EQ(users({}).size(), 3U);
}

TEST_F(ReadTableTest, WhoeverAsksWhileItIsUnderWayJoins) {
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart));
  EXPECT_FALSE(Ask(id, 2, kStart + seconds(0)));
  EXPECT_EQ(reads_.TakeRequests().size(), 1U);
  EXPECT_TRUE(reads_.TakeRequests().empty());
  EXPECT_EQ(Absorb(id, 7, kStart), (std::vector<WorkloadId>{WorkloadId{1}, WorkloadId{2}}));
  ASSERT_NE(reads_.Newest(id), nullptr);
  EXPECT_EQ((**reads_.Newest(id))->values.at(0).value, 7);
}

TEST_F(ReadTableTest, AnAnswerIsSharedForItsTimeAndNotLonger) {
  share_for_ = seconds(5);
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart));
  (void)Absorb(id, 7, kStart + seconds(1));
  EXPECT_TRUE(Ask(id, 2, kStart + seconds(4)));
  EXPECT_FALSE(Ask(id, 2, kStart + seconds(5))) << "it is as old as its question";
}

TEST_F(ReadTableTest, WithoutSharingEveryRoundAsks) {
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart));
  (void)Absorb(id, 7, kStart);
  EXPECT_FALSE(Ask(id, 1, kStart));
  EXPECT_EQ(reads_.TakeRequests().size(), 2U);
}

TEST_F(ReadTableTest, AFailureIsSharedToo) {
  share_for_ = seconds(5);
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart));
  (void)reads_.Absorb({id, Error{ErrorCode::kUnavailable, "down"}}, kStart);
  EXPECT_TRUE(Ask(id, 2, kStart + seconds(1)));
  EXPECT_FALSE(*reads_.Newest(id));
}

TEST_F(ReadTableTest, ATimeoutIsAskedAgainForWhoWaitsLonger) {
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart, seconds(1)));
  EXPECT_FALSE(Ask(id, 2, kStart, seconds(4)));
  const auto first = reads_.TakeRequests();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].deadline, kStart + seconds(1));
  const Error late{ErrorCode::kDeadlineExceeded, "late"};
  EXPECT_TRUE(reads_.Absorb({id, late}, kStart + seconds(1)).empty());
  const auto second = reads_.TakeRequests();
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].deadline, kStart + seconds(4));
  EXPECT_EQ(reads_.Absorb({id, late}, kStart + seconds(4)).size(), 2U) << "and not once more";
  EXPECT_TRUE(reads_.TakeRequests().empty());
}

TEST_F(ReadTableTest, AQuestionNobodyHasIsForgottenAndItsIdUsedAgain) {
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  (void)reads_.Acquire(Question("load"), kUser);
  reads_.Release(id, kUser);
  EXPECT_EQ(reads_.size(), 1U);
  reads_.Release(id, kUser);
  EXPECT_EQ(reads_.size(), 0U);
  EXPECT_EQ(reads_.Acquire(Question("other"), kUser), id);
  EXPECT_EQ(reads_.Newest(id), nullptr);
}

TEST_F(ReadTableTest, AnIdIsKeptWhileItsReadIsUnderWay) {
  const ReadId id = reads_.Acquire(Question("load"), kUser);
  EXPECT_FALSE(Ask(id, 1, kStart));
  reads_.Release(id, kUser);
  EXPECT_NE(reads_.Acquire(Question("other"), kUser), id)
      << "the answer would go to another question";
  EXPECT_EQ(Absorb(id, 7, kStart).size(), 1U);
  EXPECT_EQ(reads_.Acquire(Question("third"), kUser), id);
}

}  // namespace
}  // namespace hpaplus
