// The admin server and the telemetry behind it, over real HTTP.

#include "engine/shell/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "engine/shell/prometheus_telemetry.h"

namespace hpaplus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const WorkloadView> View(Replicas current, Mode mode = Mode::kActive) {
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = "shop";
  spec->name = "checkout";
  spec->mode = mode;
  auto view = std::make_shared<WorkloadView>();
  view->spec = spec;
  view->scale.spec_replicas = current;
  return view;
}

Decision ScaleTo(Replicas current, Replicas desired) {
  Decision decision;
  decision.workload = WorkloadId{3};
  decision.current = current;
  decision.desired = desired;
  decision.known = true;
  decision.acts = current != desired;
  decision.metrics.push_back({.proposal = desired, .oldest = Timestamp(std::chrono::seconds(100))});
  decision.steps.push_back({Stage::kMetric, current, desired, Reason::kAboveTarget, 1.5, 0});
  decision.steps.push_back({Stage::kRate, desired, desired, Reason::kDesiredWithinRange, 0, 0});
  return decision;
}

class AdminServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    telemetry_ =
        PrometheusTelemetry::Create({.version = "1.2.3", .objects_max = 1, .shadows = &shadows_});
    auto server = AdminServer::Start(
        {.host = "127.0.0.1", .port = 0},
        {.metrics = [this] { return telemetry_->Scrape(); },
         .unhealthy = [this] { return unhealthy_; },
         .unready = [] { return std::string("pods: not synced"); },
         .json =
             [](std::string_view path, const AdminServer::Query& query) {
               return AdminServer::JsonReply{path == "/v1/x" ? 200 : 400,
                                             query.contains("q") ? query.find("q")->second : ""};
             },
         .status = {"<!doctype html>", "default-src 'none'"}});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }

  std::string Get(const char* path, int status = 200) {
    httplib::Client client("127.0.0.1", server_->port());
    const auto response = client.Get(path);
    if (!response) return "no answer";
    EXPECT_EQ(response->status, status) << path;
    return response->body;
  }

  std::string unhealthy_;
  ShadowBook shadows_;
  std::unique_ptr<PrometheusTelemetry> telemetry_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, SaysWhetherItIsWellAndReadyAndWhatIsWrong) {
  EXPECT_EQ(Get("/healthz"), "ok\n");
  EXPECT_EQ(Get("/readyz", 503), "pods: not synced\n");
  unhealthy_ = "the engine has not ticked for 12 s";
  EXPECT_EQ(Get("/healthz", 503), "the engine has not ticked for 12 s\n");
}

TEST_F(AdminServerTest, RefusesWhatItDoesNotKnow) {
  Get("/status", 404);
  Get("/metrics/../etc/passwd", 404);
}

TEST_F(AdminServerTest, GivesThePageItsPolicy) {
  httplib::Client client("127.0.0.1", server_->port());
  const auto response = client.Get("/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "<!doctype html>");
  EXPECT_EQ(response->get_header_value("Content-Security-Policy"), "default-src 'none'");
  EXPECT_EQ(response->get_header_value("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(response->get_header_value("Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_FALSE(response->has_header("Access-Control-Allow-Origin"));
}

TEST_F(AdminServerTest, HasNoPageWhereThereIsNone) {
  const auto server = AdminServer::Start({.host = "127.0.0.1", .port = 0}, {});
  ASSERT_TRUE(server);
  httplib::Client client("127.0.0.1", (*server)->port());
  EXPECT_EQ(client.Get("/")->status, 404);
  EXPECT_EQ(client.Get("/v1/status")->status, 404);
}

TEST_F(AdminServerTest, PassesPathAndDecodedQueryOn) {
  EXPECT_EQ(Get("/v1/x?q=a%20b%2Fc"), "a b/c");
  Get("/v1/y", 400);
}

TEST_F(AdminServerTest, IsNotReadUnderAStrangersName) {
  httplib::Client client("127.0.0.1", server_->port());
  for (const char* path : {"/", "/v1/x"}) {
    EXPECT_EQ(client.Get(path, {{"Host", "evil.example"}})->status, 403) << path;
    EXPECT_EQ(client.Get(path, {{"Host", "localhost:8080"}})->status, 200) << path;
  }
  EXPECT_EQ(client.Get("/metrics", {{"Host", "evil.example"}})->status, 200);
}

TEST_F(AdminServerTest, CannotListenTwiceOnOnePort) {
  const auto second = AdminServer::Start({.host = "127.0.0.1", .port = server_->port()}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(AdminServerTest, CountsAnEvaluationItsReasonAndTheReaction) {
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  telemetry_->RecordOutcome(
      {.command = {WorkloadId{3}, View(4), 6, Timestamp(std::chrono::milliseconds(100'300))}},
      Timestamp(std::chrono::milliseconds(100'400)));
  const std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("hpaplus_build_info{version=\"1.2.3\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_evaluations_total{result=\"scale\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_objects{mode=\"Active\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_scale_total{direction=\"up\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_reaction_seconds_sum 0.4"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_status_desired_replicas{name=\"checkout\""));
  EXPECT_THAT(metrics, Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

TEST_F(AdminServerTest, ShowsAShadowAsLongAsThereIsOne) {
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  EXPECT_THAT(Get("/metrics"), Not(HasSubstr("hpaplus_shadow_replicas{")));
  ShadowState shadow;
  shadow.replicas = 9;
  shadow.ready = 7;
  shadow.known = true;
  shadows_.Set(WorkloadId{3}, shadow);
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics,
              HasSubstr("hpaplus_shadow_replicas{name=\"checkout\",namespace=\"shop\"} 9"));
  EXPECT_THAT(metrics,
              HasSubstr("hpaplus_shadow_ready_replicas{name=\"checkout\",namespace=\"shop\"} 7"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_shadow_unsure{name=\"checkout\",namespace=\"shop\"} 0"));
  shadow.demand_hidden = true;
  shadows_.Set(WorkloadId{3}, shadow);
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  EXPECT_THAT(Get("/metrics"),
              HasSubstr("hpaplus_shadow_unsure{name=\"checkout\",namespace=\"shop\"} 1"));
  shadows_.Erase(WorkloadId{3});
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  EXPECT_THAT(Get("/metrics"), Not(HasSubstr("hpaplus_shadow_replicas{")));
  shadows_.Set(WorkloadId{3}, shadow);
  telemetry_->RecordDecision(ScaleTo(4, 6), *View(4));
  telemetry_->RecordGone(WorkloadId{3});
  EXPECT_THAT(Get("/metrics"), Not(HasSubstr("hpaplus_shadow_replicas{")));
}

TEST_F(AdminServerTest, CountsWhatLimitedADecisionAndObjectsInNeedOfALook) {
  Decision decision = ScaleTo(4, 4);
  decision.steps.push_back({Stage::kGuard, 2, 4, Reason::kGuardObjects, 1.2, 0});
  decision.conditions = {
      {ConditionType::kFallbackActive, ConditionStatus::kTrue, Reason::kFallbackHold},
      {ConditionType::kFlapping, ConditionStatus::kTrue, Reason::kFlapping}};
  WorkloadView view = *View(4);
  view.freeze = "ConfigMap";
  telemetry_->RecordDecision(decision, view);
  telemetry_->RecordDecision(decision, view);
  std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("hpaplus_decisions_limited_total{by=\"GuardObjects\"} 2"));
  for (const char* condition : {"FallbackActive", "Flapping", "Frozen"}) {
    EXPECT_THAT(metrics, HasSubstr("hpaplus_objects_in_condition{condition=\"" +
                                   std::string(condition) + "\"} 1"));
  }
  telemetry_->RecordGone(decision.workload);
  metrics = Get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("hpaplus_objects_in_condition{condition=\"Frozen\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_objects_in_condition{condition=\"Flapping\"} 0"));
}

TEST_F(AdminServerTest, ForgetsAnObjectThatIsGone) {
  telemetry_->RecordDecision(ScaleTo(4, 4), *View(4));
  telemetry_->RecordDecision(ScaleTo(4, 4), *View(4, Mode::kDryRun));
  telemetry_->RecordGone(WorkloadId{3});
  const std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("hpaplus_objects{mode=\"Active\"} 0"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_objects{mode=\"DryRun\"} 0"));
  EXPECT_THAT(metrics, Not(HasSubstr("checkout")));
}

TEST_F(AdminServerTest, KeepsSeriesPerObjectOnlyUpToTheBound) {
  Decision second = ScaleTo(1, 1);
  second.workload = WorkloadId{4};
  auto other = std::make_shared<WorkloadView>(*View(1));
  auto spec = std::make_shared<WorkloadSpec>(*other->spec);
  spec->name = "cart";
  other->spec = spec;
  telemetry_->RecordDecision(ScaleTo(4, 4), *View(4));
  telemetry_->RecordDecision(second, *other);
  const std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics, HasSubstr("checkout"));
  EXPECT_THAT(metrics, Not(HasSubstr("cart")));
}

TEST_F(AdminServerTest, CountsSourcesRequestsAndWatches) {
  telemetry_->SourceRead("MetricSource/shop/prom", std::chrono::milliseconds(7), 10, 2);
  telemetry_->KubeRequest("update", "deployments/scale", 409, std::chrono::milliseconds(3));
  telemetry_->WatchRestarted("pods", "410");
  telemetry_->CacheObjects("pods", 12);
  const std::string metrics = Get("/metrics");
  EXPECT_THAT(metrics,
              HasSubstr("hpaplus_source_queries_total{source=\"MetricSource/shop/prom\"} 10"));
  EXPECT_THAT(metrics,
              HasSubstr("hpaplus_source_errors_total{source=\"MetricSource/shop/prom\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("code=\"409\""));
  EXPECT_THAT(metrics,
              HasSubstr("hpaplus_watch_restarts_total{reason=\"410\",resource=\"pods\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("hpaplus_cache_objects{resource=\"pods\"} 12"));
}

// Each would hold one of few threads until its time is over, and the server's end as long.
TEST_F(AdminServerTest, KeepsNoConnectionForAClientThatWouldLikeToKeepIt) {
  httplib::Client client("127.0.0.1", server_->port());
  client.set_keep_alive(true);
  const auto response = client.Get("/healthz");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->get_header_value("Connection"), "close");
}

}  // namespace
}  // namespace hpaplus
