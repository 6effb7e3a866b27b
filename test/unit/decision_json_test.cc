#include "engine/app/decision_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "engine/app/explain_table.h"

namespace hpaplus::app {
namespace {

using ::testing::HasSubstr;

class DecisionPageTest : public ::testing::Test {
 protected:
  DecisionPageTest() {
    WorkloadSpec spec;
    spec.ns = "shop";
    spec.name = "worker";
    spec.uid = "u";
    MetricSpec metric;
    metric.type = MetricType::kSource;
    metric.name = "depth";
    spec.metrics.push_back(metric);
    auto view = std::make_shared<WorkloadView>();
    view->spec = std::make_shared<const WorkloadSpec>(spec);
    view_ = view;
    board_.Follow({{WorkloadId{0}, view_}});
  }

  void Decide() {
    Decision decision;
    decision.at = Timestamp(std::chrono::seconds(1));
    decision.current = 3;
    decision.desired = decision.recommended = 5;
    decision.known = true;
    decision.metrics.resize(1);
    decision.metrics[0].proposal = 5;
    decision.metrics[0].total = 50;
    decision.steps.push_back({Stage::kMetric, 3, 5, Reason::kAboveTarget, 1.7, 0});
    board_.RecordDecision(decision, *view_);
  }

  std::string Page(std::string_view path) { return DecisionPage(board_, path).value_or("none"); }

  ShadowBook shadows_;
  api::DecisionBoard board_{&shadows_};
  std::shared_ptr<const WorkloadView> view_;
};

TEST_F(DecisionPageTest, ListsObjectsBeforeTheyAreEvaluatedToo) {
  EXPECT_THAT(Page("/v1/decisions"), HasSubstr("\"name\":\"worker\",\"evaluatedAt\":null"));
  Decide();
  EXPECT_THAT(Page("/v1/decisions/"), HasSubstr("\"currentReplicas\":3,\"desiredReplicas\":5"));
}

TEST_F(DecisionPageTest, ExplainsOneObject) {
  EXPECT_THAT(Page("/v1/decisions/shop/worker"), HasSubstr("\"steps\":[]"));
  Decide();
  const std::string page = Page("/v1/decisions/shop/worker");
  EXPECT_THAT(page, HasSubstr("\"metrics\":[{\"name\":\"depth\",\"proposal\":5"));
  EXPECT_THAT(page, HasSubstr("\"stage\":\"Metric\",\"before\":3,\"after\":5,"
                              "\"reason\":\"AboveTarget\",\"metric\":\"depth\",\"ratio\":1.7"));
}

TEST_F(DecisionPageTest, TellsWhereTheShadowIs) {
  Decide();
  EXPECT_THAT(Page("/v1/decisions/shop/worker"), ::testing::Not(HasSubstr("\"shadow\"")));
  ShadowState shadow;
  shadow.replicas = 9;
  shadow.ready = 7;
  shadow.known = true;
  shadow.startup = std::chrono::seconds(20);
  shadows_.Set(WorkloadId{0}, shadow);
  Decide();
  const std::string page = Page("/v1/decisions/shop/worker");
  EXPECT_THAT(page, HasSubstr("\"shadow\":{\"replicas\":9,\"readyReplicas\":7,"));
  EXPECT_THAT(page, HasSubstr("\"startupSeconds\":20.0,\"startupObserved\":false,"
                              "\"holds\":false,\"demandHidden\":false}"));
  EXPECT_THAT(ExplainTable(nlohmann::ordered_json::parse(page)),
              HasSubstr("9 replicas, 7 of them ready, 20.0 s to start (assumed)\n"));
}

TEST_F(DecisionPageTest, HasNoOtherPages) {
  for (const char* path : {"/v1/decisions/shop", "/v1/decisions/shop/none", "/v1/decisionsx",
                           "/v1/decisions/none/worker", "/v1/", "/v1/decisions/shop/worker/x"}) {
    EXPECT_EQ(Page(path), "none") << path;
  }
}

TEST_F(DecisionPageTest, ForgetsWhatIsGone) {
  Decide();
  board_.Follow({{WorkloadId{0}, nullptr}});
  EXPECT_EQ(Page("/v1/decisions/shop/worker"), "none");
}

}  // namespace
}  // namespace hpaplus::app
