#include "engine/model/quota_json.h"

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/model/validate.h"

namespace hpaplus {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Quota(const std::string& spec, const std::string& metadata = R"("name":"q")") {
  return R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"DynamicQuota","metadata":{)" +
         metadata + R"(},"spec":{"quotaRef":{"name":"compute"})" + spec + "}}";
}

std::string Pool(const std::string& spec) {
  return R"({"kind":"QuotaPool","metadata":{"name":"p"},"spec":{)" + spec + "}}";
}

constexpr const char* kOne = R"(,"resources":[{"name":"requests.cpu","min":1,"max":"4500m"}])";

std::string Problem(const std::string& json) {
  const auto spec = ParseQuota(json);
  return spec ? "" : spec.error().message;
}

std::string PoolProblem(const std::string& json) {
  const auto spec = ParsePool(json);
  return spec ? "" : spec.error().message;
}

TEST(ParseQuota, FillsInDefaults) {
  const auto spec = ParseQuota(Quota(kOne));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->ns, "default");
  EXPECT_EQ(spec->quota, "compute");
  EXPECT_EQ(spec->mode, QuotaMode::kAuto);
  EXPECT_EQ(spec->period, seconds(10));
  EXPECT_EQ(spec->stale_after, minutes(5));
  EXPECT_EQ(spec->shrink_window, minutes(5));
  EXPECT_EQ(spec->shrink_percent_most, 10);
  EXPECT_TRUE(spec->drivers.used && spec->drivers.desired);
  EXPECT_FALSE(spec->drivers.requested || spec->drivers.largest);
  EXPECT_FALSE(spec->take_over || spec->deleting || spec->keeps_headroom);
  ASSERT_EQ(spec->resources.size(), 1U);
  EXPECT_EQ(spec->resources[0].min, 1000);
  EXPECT_EQ(spec->resources[0].max, 4500);
  EXPECT_EQ(spec->resources[0].headroom_percent, 20);
  EXPECT_EQ(spec->resources[0].lends_most, 0);
  EXPECT_EQ(spec->resources[0].borrows_most, std::nullopt);
}

TEST(ParseQuota, ReadsEverything) {
  const auto spec = ParseQuota(Quota(
      R"(,"takeOver":true,"mode":"DryRun","evaluation":{"period":"1s","staleAfter":"30s"},
      "drivers":["Requested","HPAPlusMax"],"poolRef":{"name":"main"},"priority":7,
      "minDeltaPercent":5,"grow":{"cooldown":"1m","maxStepPercent":50},
      "shrink":{"stabilizationWindow":"0s","maxStepPercent":100,"floor":"UsedPlusHeadroom"},
      "resources":[{"name":"requests.memory","min":"1Gi","max":"4Gi","headroomPercent":0,
        "headroom":"10","step":"1Mi","weight":3,"lends":"512Mi","borrows":0}])",
      R"("name":"q","namespace":"shop","uid":"u","generation":4,
         "deletionTimestamp":"2026-01-01T00:00:00Z","annotations":{"hpaplus.io/freeze":"true"})"));
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->ns, "shop");
  EXPECT_EQ(spec->generation, 4);
  EXPECT_TRUE(spec->take_over && spec->deleting);
  EXPECT_EQ(spec->frozen_until, Timestamp::max());
  EXPECT_EQ(spec->mode, QuotaMode::kDryRun);
  EXPECT_EQ(spec->pool, "main");
  EXPECT_EQ(spec->priority, 7);
  EXPECT_FALSE(spec->drivers.used || spec->drivers.desired);
  EXPECT_TRUE(spec->drivers.requested && spec->drivers.largest);
  EXPECT_EQ(spec->grow_cooldown, minutes(1));
  EXPECT_EQ(spec->grow_percent_most, 50);
  EXPECT_EQ(spec->shrink_window, seconds(0));
  EXPECT_TRUE(spec->keeps_headroom);
  const QuotaResource& memory = spec->resources[0];
  EXPECT_EQ(memory.min, Amount{1} << 30);
  EXPECT_EQ(memory.headroom, 10);
  EXPECT_EQ(memory.step, Amount{1} << 20);
  EXPECT_EQ(memory.lends_most, Amount{1} << 29);
  EXPECT_EQ(memory.borrows_most, 0);
}

TEST(ParseQuota, NamesThePlaceOfAProblem) {
  EXPECT_THAT(Problem("{"), HasSubstr("json"));
  EXPECT_THAT(Problem(Quota("")), HasSubstr("spec.resources is missing"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"pods","max":1}])")),
              HasSubstr("spec.resources[0].min is missing"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"pods","min":3,"max":1}])")),
              HasSubstr("spec.resources[0].min exceeds max"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"pods","min":"-1","max":1}])")),
              HasSubstr("spec.resources[0].min is negative"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"pods","min":1,"max":9,"lends":2}])")),
              HasSubstr("spec.resources[0].lends exceeds min"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"pods","min":1,"max":9,"step":0}])")),
              HasSubstr("spec.resources[0].step is not above 0"));
  EXPECT_THAT(Problem(Quota(R"(,"resources":[{"name":"a","min":1,"max":9},
                                             {"name":"a","min":1,"max":9}])")),
              HasSubstr("spec.resources[1].name is there twice"));
  EXPECT_THAT(Problem(Quota(std::string(R"(,"mode":"On")") + kOne)), HasSubstr("spec.mode is"));
  EXPECT_THAT(Problem(Quota(std::string(R"(,"shrink":{"floor":"None"})") + kOne)),
              HasSubstr("spec.shrink.floor is"));
  EXPECT_THAT(Problem(Quota(std::string(R"(,"drivers":["Cpu"])") + kOne)),
              HasSubstr("spec.drivers[0] is none of"));
  EXPECT_THAT(Problem(Quota(std::string(R"(,"drivers":[])") + kOne)),
              HasSubstr("spec.drivers is empty"));
  EXPECT_THAT(Problem(R"({"kind":"QuotaPool","metadata":{"name":"a"}})"), HasSubstr("kind is"));
  EXPECT_THAT(Problem(R"({"metadata":{"name":"a"}})"), HasSubstr("spec is missing"));
  std::string many = R"(,"resources":[)";
  for (int i = 0; i < 33; ++i)
    many +=
        (i > 0 ? ",{\"name\":\"r" : "{\"name\":\"r") + std::to_string(i) + R"(","min":0,"max":1})";
  EXPECT_THAT(Problem(Quota(many + "]")), HasSubstr("more than 32"));
}

TEST(ParseQuota, TheExampleIsValid) {
  std::ifstream in(HPAPLUS_SOURCE_DIR "/examples/quota/quota.yaml");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const ValidationReport report = ValidateText("quota.yaml", text);
  EXPECT_EQ(report.checked, 3U);
  EXPECT_TRUE(report.findings.empty()) << ToString(report.findings.front());
}

TEST(ParsePool, ReadsEverything) {
  const auto pool = ParsePool(Pool(
      R"("parentRef":{"name":"top"},"priority":5,"moveBudgetPercentPerMinute":30,
         "allowedNamespaces":{"from":"Names","names":["a","b"]},
         "resources":[{"name":"pods","capacity":100,"min":20,"weight":9,"lends":5,"borrows":7},
                      {"name":"requests.cpu","capacity":"1500m"}])"));
  ASSERT_TRUE(pool) << pool.error().message;
  EXPECT_EQ(pool->parent, "top");
  EXPECT_EQ(pool->move_percent_per_minute, 30);
  EXPECT_THAT(*pool->namespaces, ElementsAre("a", "b"));
  EXPECT_EQ(FindResource(*pool, "pods")->lends_most, 5);
  EXPECT_EQ(FindResource(*pool, "requests.cpu")->capacity, 1500);
  EXPECT_EQ(FindResource(*pool, "requests.cpu")->lends_most, std::nullopt);
  EXPECT_EQ(FindResource(*pool, "services"), nullptr);
}

TEST(ParsePool, NamesThePlaceOfAProblem) {
  EXPECT_THAT(PoolProblem(Pool("")), HasSubstr("spec.resources is missing"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods"}])")),
              HasSubstr("spec.resources[0].capacity is missing"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods","capacity":1,"min":5}])")),
              HasSubstr("spec.resources[0].min exceeds capacity"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods","capacity":1,"lends":1}])")),
              HasSubstr("spec.resources[0].lends exceeds min"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods","capacity":1}],
                                  "parentRef":{"name":"p"})")),
              HasSubstr("spec.parentRef.name is the pool itself"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods","capacity":1}],
                                  "allowedNamespaces":{"from":"Names"})")),
              HasSubstr("spec.allowedNamespaces.names goes with"));
  EXPECT_THAT(PoolProblem(Pool(R"("resources":[{"name":"pods","capacity":1}],
                                  "allowedNamespaces":{"from":"None"})")),
              HasSubstr("spec.allowedNamespaces.from is neither"));
}

}  // namespace
}  // namespace hpaplus
