#include "engine/app/quota_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/app/quota_table.h"

namespace hpaplus::app {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::ordered_json;

class QuotaPageTest : public ::testing::Test {
 protected:
  QuotaPageTest() {
    spec_->ns = "shop";
    spec_->name = "team";
    spec_->uid = "1";
    spec_->quota = "compute";
    spec_->pool = "main";
    spec_->resources = {{.name = "requests.cpu", .min = 4000, .max = 64'000}};
  }

  // A round that wants `target` and has 4 cores.
  QuotaRecord Round(int second, Amount target) {
    QuotaRecord record;
    record.spec = spec_;
    record.decision.at = Timestamp(seconds(second));
    record.decision.acts = true;
    record.decision.resources = {{
        .name = "requests.cpu",
        .hard = 4000,
        .in_use = 3500,
        .demand = 9000,
        .share = 6000,
        .target = target,
        .steps = {{QuotaStage::kDemand, 4000, 9000, QuotaReason::kDemand, 3500},
                  {QuotaStage::kShare, 9000, 6000, QuotaReason::kPoolShare, 9000},
                  {QuotaStage::kStep, 6000, target, QuotaReason::kStepLimit, 400}},
    }};
    return record;
  }

  Json Page(const std::string& path) {
    const auto page = QuotaPage(board_, path);
    return page ? Json::parse(*page) : Json();
  }

  std::shared_ptr<QuotaSpec> spec_ = std::make_shared<QuotaSpec>();
  api::QuotaBoard board_;
};

TEST_F(QuotaPageTest, ShowsTheLastRoundOfEachAndItsPool) {
  QuotaRecord record = Round(1, 4400);
  record.written["requests.cpu"] = 4400;
  board_.RecordQuota(record);
  auto pool = std::make_shared<PoolSpec>();
  pool->name = "main";
  board_.RecordPool({pool, {{"requests.cpu", {100'000, 80'500, 90'000}}}, "", "", true, {}});
  const Json all = Page("/v1/quotas");
  ASSERT_EQ(all["quotas"].size(), 1U);
  const Json& one = all["quotas"][0];
  EXPECT_EQ(one["namespace"], "shop");
  EXPECT_EQ(one["quota"], "compute");
  EXPECT_EQ(one["mode"], "Auto");
  EXPECT_EQ(one["result"], "Decided");
  EXPECT_EQ(one["at"], "1970-01-01T00:00:01Z");
  const Json& cpu = one["resources"][0];
  EXPECT_EQ(cpu["before"], "4");
  EXPECT_EQ(cpu["hard"], "4400m");
  EXPECT_EQ(cpu["numbers"]["hard"], 4.4);
  EXPECT_EQ(cpu["unmet"], "4600m");
  EXPECT_EQ(cpu["guaranteed"], "4");
  EXPECT_EQ(cpu["written"], true);
  EXPECT_FALSE(cpu.contains("steps"));
  EXPECT_EQ(all["pools"][0]["resources"][0]["granted"], "80500m");
  EXPECT_EQ(all["pools"][0]["deficit"], true);
}

TEST_F(QuotaPageTest, ShowsEveryStageOfTheLastRoundsOfOne) {
  board_.RecordQuota(Round(1, 4400));
  board_.RecordQuota(Round(2, 4400));
  board_.RecordQuota(Round(3, 4800));
  const Json one = Page("/v1/quotas/shop/team");
  ASSERT_EQ(one["rounds"].size(), 2U) << "what is alike is one";
  EXPECT_EQ(one["rounds"][0]["since"], "1970-01-01T00:00:01Z");
  EXPECT_EQ(one["rounds"][0]["at"], "1970-01-01T00:00:02Z");
  const Json& steps = one["rounds"][1]["resources"][0]["steps"];
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[2]["stage"], "Step");
  EXPECT_EQ(steps[2]["before"], "6");
  EXPECT_EQ(steps[2]["after"], "4800m");
  EXPECT_EQ(steps[2]["reason"], "StepLimit");
  EXPECT_EQ(steps[2]["most"], "400m");
  EXPECT_TRUE(one["writes"].empty());
}

TEST_F(QuotaPageTest, KeepsTheLastRoundsAndTheLastWrites) {
  QuotaRecord written = Round(1, 4400);
  written.written["requests.cpu"] = 4400;
  board_.RecordQuota(written);
  for (int i = 2; i < 40; ++i)
    board_.RecordQuota(Round(i, 4400 + i));
  const auto entry = board_.Find("shop", "team");
  EXPECT_EQ(entry->rounds.size(), api::QuotaBoard::kRoundsMost);
  EXPECT_EQ(entry->rounds.back().record.decision.at, Timestamp(seconds(39)));
  EXPECT_EQ(entry->writes.size(), 1U);
}

TEST_F(QuotaPageTest, SaysWhyNothingIsDecided) {
  board_.RecordQuota({spec_, {}, "QuotaNotFound", "there is no compute", {}, ""});
  const Json one = Page("/v1/quotas/shop/team")["rounds"][0];
  EXPECT_EQ(one["result"], "QuotaNotFound");
  EXPECT_EQ(one["problem"], "there is no compute");
  EXPECT_TRUE(one["resources"].empty());
  QuotaRecord failed = Round(2, 4400);
  failed.failure = "version";
  board_.RecordQuota(failed);
  EXPECT_EQ(Page("/v1/quotas")["quotas"][0]["result"], "NotWritten");
}

TEST_F(QuotaPageTest, ForgetsWhatIsGoneAndWhatIsAnotherObject) {
  board_.RecordQuota(Round(1, 4400));
  spec_ = std::make_shared<QuotaSpec>(*spec_);
  spec_->uid = "2";
  board_.RecordQuota(Round(2, 4400));
  EXPECT_EQ(Page("/v1/quotas/shop/team")["rounds"].size(), 1U);
  board_.RecordQuotaGone("shop", "team");
  EXPECT_TRUE(Page("/v1/quotas/shop/team").is_null());
  EXPECT_TRUE(Page("/v1/quotas")["quotas"].empty());
}

TEST_F(QuotaPageTest, HasNoOtherPages) {
  for (const char* path : {"/v1/decisions", "/v1/quotasx", "/v1/quotas/shop", "/v1/quotas/a/b"})
    EXPECT_FALSE(QuotaPage(board_, path)) << path;
}

TEST_F(QuotaPageTest, IsATableForPeople) {
  QuotaRecord record = Round(1, 4400);
  record.written["requests.cpu"] = 4400;
  board_.RecordQuota(record);
  const std::string table = QuotaTable(Page("/v1/quotas/shop/team"));
  EXPECT_THAT(table, HasSubstr("DynamicQuota shop/team  keeps compute, in pool main, mode Auto"));
  EXPECT_THAT(table, HasSubstr("requests.cpu       4 -> 4400m, written"));
  EXPECT_THAT(table,
              HasSubstr("2 Share                9 -> 6          PoolShare, ceiling 9   <- "));
  EXPECT_THAT(QuotaTable(Json::object()), Not(HasSubstr("null")));
}

}  // namespace
}  // namespace hpaplus::app
