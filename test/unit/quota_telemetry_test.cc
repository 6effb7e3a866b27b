#include "engine/shell/quota_telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpaplus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

QuotaRecord RecordOf(const std::string& name) {
  auto spec = std::make_shared<QuotaSpec>();
  spec->ns = "shop";
  spec->name = name;
  spec->resources = {{.name = "requests.cpu", .min = 6000}, {.name = "pods", .min = 2}};
  QuotaRecord record;
  record.spec = spec;
  record.decision.resources = {
      {.name = "requests.cpu", .hard = 4000, .in_use = 3500, .demand = 9000, .target = 5000},
      {.name = "pods", .hard = 10, .in_use = 7, .demand = 8, .target = 10}};
  return record;
}

class QuotaTelemetryTest : public ::testing::Test {
 protected:
  std::string Scraped() { return telemetry_->Scrape(); }

  std::unique_ptr<QuotaTelemetry> telemetry_ = QuotaTelemetry::Create({});
};

TEST_F(QuotaTelemetryTest, ShowsEachResourceInItsUnit) {
  telemetry_->RecordQuota(RecordOf("team"));
  const std::string cpu = R"({name="team",namespace="shop",resource="requests.cpu"} )";
  const std::string pods = R"({name="team",namespace="shop",resource="pods"} )";
  for (const std::string& line :
       {"hpaplus_quota_hard" + cpu + "4", "hpaplus_quota_used" + cpu + "3.5",
        "hpaplus_quota_wanted" + cpu + "9", "hpaplus_quota_guaranteed" + cpu + "6",
        "hpaplus_quota_lent" + cpu + "2", "hpaplus_quota_borrowed" + cpu + "0",
        "hpaplus_quota_unmet" + cpu + "5", "hpaplus_quota_hard" + pods + "10",
        "hpaplus_quota_lent" + pods + "0", "hpaplus_quota_borrowed" + pods + "8",
        "hpaplus_quota_unmet" + pods + "0"})
    EXPECT_THAT(Scraped(), HasSubstr(line + "\n"));
}

TEST_F(QuotaTelemetryTest, CountsRoundsWritesAndWhatHeldThem) {
  QuotaRecord record = RecordOf("team");
  record.written = {{"requests.cpu", 5000}, {"pods", 9}};
  record.decision.resources[0].steps = {
      {QuotaStage::kDemand, 4000, 9000, QuotaReason::kDemand, 0},
      {QuotaStage::kShare, 9000, 5000, QuotaReason::kPoolShare, 0}};
  record.decision.resources[1].steps = {
      {QuotaStage::kFreshness, 10, 10, QuotaReason::kHeldStale, 0}};
  telemetry_->RecordQuota(record);
  record.written.clear();
  record.reason = "Conflict";
  telemetry_->RecordQuota(record);
  record.reason.clear();
  record.failure = "version";
  telemetry_->RecordQuota(record);
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_rounds_total{result=\"Decided\"} 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_rounds_total{result=\"Conflict\"} 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_rounds_total{result=\"NotWritten\"} 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_write_failures_total 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_writes_total{direction=\"grow\"} 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_writes_total{direction=\"shrink\"} 1\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_limited_total{by=\"PoolShare\"} 3\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_limited_total{by=\"HeldStale\"} 3\n"));
  EXPECT_THAT(Scraped(), Not(HasSubstr("by=\"Demand\"")));
}

TEST_F(QuotaTelemetryTest, WhatIsNotKnownHasNoNumbers) {
  telemetry_->RecordQuota(RecordOf("team"));
  telemetry_->RecordQuota(RecordOf("teammate"));
  QuotaRecord undecided = RecordOf("team");
  undecided.decision.resources.clear();
  undecided.reason = "QuotaNotFound";
  telemetry_->RecordQuota(undecided);
  EXPECT_THAT(Scraped(), Not(HasSubstr("name=\"team\"")));
  EXPECT_THAT(Scraped(), HasSubstr("name=\"teammate\""));
  telemetry_->RecordQuotaGone("shop", "teammate");
  EXPECT_THAT(Scraped(), Not(HasSubstr("name=\"teammate\"")));
}

TEST_F(QuotaTelemetryTest, ShowsPoolsUntilTheyAreGone) {
  auto spec = std::make_shared<PoolSpec>();
  spec->name = "main";
  telemetry_->RecordPool({spec, {{"requests.cpu", {100'000, 80'500, 90'000}}}, "", "", true, {}});
  const std::string cpu = R"({pool="main",resource="requests.cpu"} )";
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_pool_capacity" + cpu + "100\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_pool_granted" + cpu + "80.5\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_pool_demand" + cpu + "90\n"));
  EXPECT_THAT(Scraped(), HasSubstr("hpaplus_quota_pool_deficit{pool=\"main\"} 1\n"));
  telemetry_->RecordPoolGone("main");
  EXPECT_THAT(Scraped(), Not(HasSubstr("main")));
}

TEST_F(QuotaTelemetryTest, RS11TheNumberOfSeriesIsBounded) {
  telemetry_ = QuotaTelemetry::Create({.lines_max = 3});
  for (int i = 0; i < 10; ++i)
    telemetry_->RecordQuota(RecordOf("team-" + std::to_string(i)));
  EXPECT_THAT(Scraped(), HasSubstr("name=\"team-0\""));
  EXPECT_THAT(Scraped(), Not(HasSubstr("name=\"team-2\"")));
  telemetry_->RecordQuotaGone("shop", "team-0");
  telemetry_->RecordQuota(RecordOf("team-2"));
  EXPECT_THAT(Scraped(), HasSubstr("name=\"team-2\"")) << "there is room again";
}

}  // namespace
}  // namespace hpaplus
