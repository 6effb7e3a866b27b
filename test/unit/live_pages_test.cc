// What an engine tells of its decisions by HTTP, and what it refuses to.

#include "engine/app/live_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "test/support/manual_clock.h"

namespace hpaplus::app {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
using Query = AdminServer::Query;

constexpr const char* kNasty = "</script><img src=x onerror=alert(1)>\x1b[31m\xff";

class LivePagesTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const WorkloadView> View(const std::string& name) {
    WorkloadSpec spec;
    spec.ns = "shop";
    spec.name = name;
    spec.uid = "uid of " + name;
    spec.target = {"apps/v1", "Deployment", name};
    spec.max_replicas = 100;
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.name = "depth";
    metric.target.type = TargetType::kAverageValue;
    metric.target.average_value = *Quantity::Parse("30");
    metric.thresholds.scale_up = *Quantity::Parse("36");
    spec.metrics.push_back(metric);
    auto view = std::make_shared<WorkloadView>();
    view->spec = std::make_shared<const WorkloadSpec>(spec);
    return view;
  }

  void Add(const std::string& name) {
    const WorkloadId id{static_cast<std::uint32_t>(views_.size())};
    views_.push_back(View(name));
    board_.Follow({{id, views_.back()}});
  }

  static Decision Asked(int second, Replicas from, Replicas to) {
    Decision decision;
    decision.at = Timestamp(std::chrono::seconds(second));
    decision.current = from;
    decision.desired = decision.recommended = to;
    decision.known = true;
    decision.metrics.push_back({.proposal = to, .ratio = 1.5, .total = 50});
    decision.steps.push_back({Stage::kMetric, from, to, Reason::kAboveTarget, 1.5, 0});
    decision.steps.push_back({Stage::kCombine, from, to, Reason::kAboveTarget, 0, 0});
    return decision;
  }

  static Decision Limited(int second, Replicas from, Replicas to) {
    Decision decision = Asked(second, from, to + 5);
    decision.desired = to;
    decision.steps.push_back({Stage::kRate, to + 5, to, Reason::kScaleUpLimit, 4, 0});
    return decision;
  }

  static Decision Held(int second, Replicas size, const std::string& problem) {
    Decision decision;
    decision.at = Timestamp(std::chrono::seconds(second));
    decision.current = decision.desired = size;
    decision.metrics.push_back({.reason = Reason::kSourceFailed, .problem = problem});
    decision.conditions.push_back(
        {ConditionType::kScalingActive, ConditionStatus::kFalse, Reason::kFailedGetSourceMetric});
    return decision;
  }

  void Decide(std::uint32_t id, Decision decision) {
    decision.workload = WorkloadId{id};
    board_.RecordDecision(decision, *views_[id]);
    recent_.RecordDecision(decision, *views_[id]);
  }

  Json Get(std::string_view path, const Query& query = {}, int status = 200) {
    const auto reply = pages_.Answer(path, query);
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return Json::parse(reply.body);
  }

  std::vector<std::string> Names(const Query& query) {
    std::vector<std::string> names;
    const Json status = Get("/v1/status", query);
    for (const Json& row : status["rows"])
      names.push_back(row["name"]);
    return names;
  }

  api::DecisionBoard board_;
  record::RecentDecisions recent_{{.per_object = 5}};
  test::ManualClock clock_{Timestamp(std::chrono::seconds(60))};
  api::QuotaBoard quotas_;
  record::WatchedRounds watched_{{}, nullptr};
  LivePages pages_{{board_, quotas_, clock_, &recent_, &watched_}, {"1.2.3", true, {}}};
  std::vector<std::shared_ptr<const WorkloadView>> views_;
};

TEST_F(LivePagesTest, TellsTheFleet) {
  Add("worker");
  EXPECT_EQ(Get("/v1/status")["rows"][0]["summary"], "not evaluated yet");
  Decide(0, Asked(10, 3, 5));
  Decide(0, Limited(20, 5, 9));
  const Json status = Get("/v1/status");
  EXPECT_EQ(status["schema"], "hpaplus.io/v1/status");
  EXPECT_EQ(status["now"], 60);
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["dryRun"], true);
  EXPECT_EQ(status["objects"], 1);
  EXPECT_EQ(status["limited"], 1);
  EXPECT_EQ(status["kept"]["decisions"], 2);
  const Json& row = status["rows"][0];
  EXPECT_EQ(row["target"], "Deployment/worker");
  EXPECT_EQ(row["lastWord"],
            Json({{"kind", "Limited"}, {"by", "Rate"}, {"reason", "ScaleUpLimit"}}));
  EXPECT_EQ(row["sizes"], Json::parse("[[10,3,5],[20,5,9]]"));
  EXPECT_THAT(row["summary"].get<std::string>(), HasSubstr("5 -> 9: depth"));
}

TEST_F(LivePagesTest, FindsSortsAndLimitsObjects) {
  for (const char* name : {"a", "b", "c", "worker"})
    Add(name);
  Decide(0, Asked(40, 3, 4));
  Decide(1, Limited(30, 3, 20));
  Decide(2, Held(20, 50, "no answer"));
  using List = std::vector<std::string>;
  EXPECT_EQ(Names({}), (List{"a", "b", "c", "worker"}));
  EXPECT_EQ(Names({{"sort", "attention"}}), (List{"c", "worker", "b", "a"}));
  EXPECT_EQ(Names({{"sort", "change"}}), (List{"b", "a", "c", "worker"}));
  EXPECT_EQ(Names({{"sort", "replicas"}}), (List{"c", "b", "a", "worker"}));
  EXPECT_EQ(Names({{"sort", "oldest"}, {"limit", "2"}}), (List{"worker", "c"}));
  EXPECT_EQ(Names({{"q", " RATE  shop/B"}}), (List{"b"}));
  EXPECT_EQ(Names({{"q", "held"}}), (List{"c"}));
  EXPECT_EQ(Names({{"q", "no such thing"}}), List{});
  EXPECT_EQ(Get("/v1/status", {{"limit", "1"}})["matched"], 4);
}

TEST_F(LivePagesTest, SaysWhatMakesNoSenseInAQuestion) {
  Add("worker");
  Decide(0, Asked(10, 3, 5));
  const auto problem = [this](std::string_view path, const Query& query) {
    return Get(path, query, 400)["error"].get<std::string>();
  };
  for (const char* limit : {"0", "501", "-1", "x", "", "1x", "99999999999999999999"})
    EXPECT_THAT(problem("/v1/status", {{"limit", limit}}), HasSubstr("limit")) << limit;
  EXPECT_THAT(problem("/v1/status", {{"sort", "size"}}), HasSubstr("sort"));
  EXPECT_THAT(problem("/v1/status", {{"q", std::string(201, 'x')}}), HasSubstr("q"));
  EXPECT_THAT(problem("/v1/status", {{"what", "x"}}), HasSubstr("there are"));
  const std::string_view path = "/v1/decisions/shop/worker";
  EXPECT_THAT(problem(path, {{"last", "0"}}), HasSubstr("last"));
  EXPECT_THAT(problem(path, {{"at", "noon"}}), HasSubstr("at"));
  EXPECT_THAT(problem(path, {{"what", "x"}}), HasSubstr("one of"));
  EXPECT_THAT(problem(path, {{"last", "1"}, {"id", "x"}}), HasSubstr("one of"));
  EXPECT_THAT(problem(path, {{"whatIf", "maxReplicas=5"}}), HasSubstr("one of"));
  EXPECT_THAT(problem(path, {{"last", "1"}, {"whatIf", std::string(501, 'x')}}),
              HasSubstr("too long"));
  EXPECT_EQ(Get("/v1/quotas")["quotas"], Json::array());
  for (const char* unknown :
       {"/v1/quotas/shop/none", "/v1/history/shop/none", "/v1/history/shop", "/v1/statusx", "/v1/"})
    EXPECT_EQ(Get(unknown, {}, 404)["error"], "not found") << unknown;
}

TEST_F(LivePagesTest, TellsAnObjectsHistory) {
  Add("worker");
  EXPECT_FALSE(Get("/v1/history/shop/worker").contains("t"));
  Decide(0, Asked(10, 4, 6));
  Decide(0, Held(20, 6, "no answer"));
  Decide(0, Limited(30, 6, 9));
  const auto command_view = std::make_shared<WorkloadView>(*views_[0]);
  recent_.RecordOutcome({{WorkloadId{0}, command_view, 9, Timestamp(std::chrono::seconds(30))}},
                        {});
  const Json history = Get("/v1/history/shop/worker");
  EXPECT_EQ(history["t"], Json::parse("[10,20,30]"));
  EXPECT_EQ(history["current"], Json::parse("[4,6,6]"));
  EXPECT_EQ(history["desired"], Json::parse("[6,6,9]"));
  EXPECT_EQ(history["recommended"], Json::parse("[6,null,14]"));
  EXPECT_EQ(history["lastWord"][0], Json::parse(R"(["Asked","",""])"));
  EXPECT_EQ(history["lastWord"][1],
            Json::parse(R"(["Held","ScalingActive","FailedGetSourceMetric"])"));
  EXPECT_EQ(history["lastWord"][2], Json::parse(R"(["Limited","Rate","ScaleUpLimit"])"));
  EXPECT_EQ(history["written"], Json::parse(R"([null,null,"written: 0 -> 9"])"));
  EXPECT_EQ(history["max"], 100);
  const Json& metric = history["metrics"][0];
  EXPECT_EQ(metric["name"], "depth");
  EXPECT_EQ(metric["unit"], "each");
  EXPECT_EQ(metric["scaleUp"], 36);
  EXPECT_EQ(metric["scaleDown"], nullptr);
  EXPECT_EQ(metric["target"], Json::parse("[30,30,30]"));
  EXPECT_EQ(metric["value"], Json::parse("[45,null,45]")) << "what is unknown is not zero";
  EXPECT_EQ(metric["proposal"], Json::parse("[6,null,14]"));
}

TEST_F(LivePagesTest, TellsPastDecisionsByNumberTimeAndId) {
  Add("worker");
  for (int second = 10; second <= 70; second += 10)
    Decide(0, Asked(second, second, second + 1));
  const auto sizes = [this](const Query& query) {
    std::vector<int> currents;
    const Json answer = Get("/v1/decisions/shop/worker", query);
    for (const Json& one : answer["decisions"])
      currents.push_back(one["currentReplicas"]);
    return currents;
  };
  EXPECT_EQ(sizes({{"last", "2"}}), (std::vector{60, 70}));
  EXPECT_EQ(sizes({{"last", "100"}}), (std::vector{30, 40, 50, 60, 70})) << "five are kept";
  EXPECT_EQ(sizes({{"at", "1970-01-01T00:00:45Z"}}), (std::vector{40}));
  EXPECT_EQ(sizes({{"at", "1970-01-01T00:00:29Z"}}), (std::vector<int>{}));
  const Json history = Get("/v1/history/shop/worker");
  EXPECT_EQ(sizes({{"id", history["id"][1]}}), (std::vector{40}));
  EXPECT_EQ(sizes({{"id", "0"}}), (std::vector<int>{}));
  EXPECT_EQ(Get("/v1/decisions/shop/worker")["currentReplicas"], 70) << "the last one, as ever";
}

TEST_F(LivePagesTest, SaysWhatWouldChangeADecisionOnceSomebodyLooks) {
  Add("worker");
  Decide(0, Asked(10, 3, 5));
  const std::string_view path = "/v1/decisions/shop/worker";
  EXPECT_FALSE(watched_.Wants(WorkloadId{0}, *views_[0]));
  const Query now = {{"last", "2"}, {"whatIf", "maxReplicas=4"}};
  EXPECT_FALSE(Get(path, now)["decisions"][0].contains("whatIf")) << "nobody had asked before";
  ASSERT_TRUE(watched_.Wants(WorkloadId{0}, *views_[0]));
  EXPECT_TRUE(watched_.WantsHistory(WorkloadId{0}));

  auto seen = std::make_shared<WorkloadView>(*views_[0]);
  seen->scale.status = ScaleStatus::kKnown;
  seen->scale.spec_replicas = 3;
  Decision decision = Asked(20, 3, 6);
  decision.workload = WorkloadId{0};
  auto reading = std::make_shared<Reading>();
  reading->values.push_back({decision.at, 180, 180'000});
  watched_.Take({decision.at,
                 WorkloadId{0},
                 seen,
                 {ReadingResult(reading)},
                 History(),
                 decision,
                 std::nullopt});
  Decide(0, decision);
  const Json both = Get(path, now)["decisions"];
  EXPECT_FALSE(both[0].contains("counterfactuals")) << "from before somebody looked";
  EXPECT_FALSE(both[1]["counterfactuals"].empty());
  EXPECT_EQ(both[1]["whatIf"]["change"], "maxReplicas=4");
  EXPECT_EQ(both[1]["whatIf"]["desiredReplicas"], 4);
  EXPECT_THAT(Get(path, {{"last", "1"}, {"whatIf", "size=4"}}, 400)["error"].get<std::string>(),
              HasSubstr("maxReplicas"));
}

TEST_F(LivePagesTest, HasTheLastDecisionWhereNoMoreAreKept) {
  Add("worker");
  Decide(0, Asked(10, 3, 5));
  const LivePages pages({board_, quotas_, clock_}, {"1.2.3", false, {}});
  const Json status = Json::parse(pages.Answer("/v1/status", {}).body);
  EXPECT_FALSE(status.contains("kept"));
  EXPECT_EQ(status["rows"][0]["sizes"], Json::array());
  const Json history = Json::parse(pages.Answer("/v1/history/shop/worker", {}).body);
  EXPECT_EQ(history["t"], Json::parse("[10]"));
}

TEST_F(LivePagesTest, IsJsonWhateverATextHolds) {
  Add("worker");
  Decide(0, Held(10, 3, kNasty));
  for (const char* path : {"/v1/status", "/v1/history/shop/worker", "/v1/decisions/shop/worker"}) {
    const auto reply = pages_.Answer(path, {});
    ASSERT_TRUE(Json::accept(reply.body)) << path;
    EXPECT_THAT(reply.body, HasSubstr("onerror=alert(1)>\\u001b[31m")) << path;
  }
  EXPECT_TRUE(Json::accept(pages_.Answer("/v1/status", {{"q", kNasty}}).body));
  EXPECT_TRUE(Json::accept(pages_.Answer("/v1/status", {{kNasty, kNasty}}).body));
}

}  // namespace
}  // namespace hpaplus::app
