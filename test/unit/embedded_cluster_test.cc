// The embedded cluster as its clients see it, over HTTP.

#include "engine/embedded/embedded_cluster.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "engine/shell/system_clock.h"

namespace hpaplus {
namespace {

using Json = nlohmann::json;

constexpr Duration kPatience = std::chrono::seconds(30);
constexpr char kConfigMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kPods[] = "/api/v1/namespaces/default/pods";
constexpr char kDeployments[] = "/apis/apps/v1/namespaces/default/deployments";
constexpr char kStatefulSets[] = "/apis/apps/v1/namespaces/default/statefulsets";

EmbeddedCluster::Config Quick() {
  EmbeddedCluster::Config config;
  config.start_delay = std::chrono::milliseconds(20);
  config.stop_delay = std::chrono::milliseconds(20);
  config.metrics_interval = std::chrono::milliseconds(50);
  config.future_version_wait = std::chrono::milliseconds(50);
  return config;
}

// What is there, or null: [] of a constant value must not miss.
const Json& At(const Json& body, const char* pointer) {
  static const Json kNull;
  const Json::json_pointer path(pointer);
  return body.is_structured() && body.contains(path) ? body.at(path) : kNull;
}

int IntAt(const Json& body, const char* pointer) {
  const Json& value = At(body, pointer);
  return value.is_number_integer() ? value.get<int>() : 0;
}

struct Answer {
  int status = 0;  // 0: no answer.
  Json body;
};

class EmbeddedClusterTest : public ::testing::Test {
 protected:
  void Start(const EmbeddedCluster::Config& config = Quick()) {
    auto started = EmbeddedCluster::Start(config, clock_);
    ASSERT_TRUE(started) << started.error().message;
    cluster_ = std::move(*started);
  }

  Answer Send(const std::string& method, const std::string& path, const Json& body = nullptr,
              const std::string& type = "application/json") {
    httplib::Client client(cluster_->url());
    client.set_read_timeout(30, 0);
    httplib::Request request;
    request.method = method;
    request.path = path;
    if (!body.is_null()) {
      request.body = body.dump();
      request.set_header("Content-Type", type);
    }
    const auto answer = client.send(request);
    if (!answer) return {};
    return {answer->status, Json::parse(answer->body, nullptr, false)};
  }

  Answer Get(const std::string& path) { return Send("GET", path); }

  Answer Merge(const std::string& path, const Json& patch) {
    return Send("PATCH", path, patch, "application/merge-patch+json");
  }

  void CreateMap(const std::string& name) {
    ASSERT_EQ(Send("POST", kConfigMaps, {{"metadata", {{"name", name}}}}).status, 201);
  }

  static Json Workload(const std::string& kind, const std::string& name, int replicas) {
    const Json labels{{"app", name}};
    return {{"apiVersion", "apps/v1"},
            {"kind", kind},
            {"metadata", {{"name", name}}},
            {"spec",
             {{"replicas", replicas},
              {"selector", {{"matchLabels", labels}}},
              {"template",
               {{"metadata", {{"labels", labels}}},
                {"spec", {{"containers", {{{"name", "main"}, {"image", "main:1"}}}}}}}}}}};
  }

  // Asks until `done` says so; the last answer.
  Answer Until(const std::string& path, const std::function<bool(const Json&)>& done) {
    const Timestamp deadline = clock_.Now() + kPatience;
    Answer answer;
    while (clock_.Now() < deadline) {
      answer = Get(path);
      if (done(answer.body)) return answer;
    }
    ADD_FAILURE() << "never came about: " << path << ": " << answer.body.dump(1);
    return answer;
  }

  void AwaitReady(const std::string& path, int replicas) {
    Until(path, [replicas](const Json& body) {
      return IntAt(body, "/status/readyReplicas") == replicas &&
             IntAt(body, "/status/replicas") == replicas;
    });
  }

  void AwaitPods(std::size_t count) {
    Until(kPods, [count](const Json& body) { return At(body, "/items").size() == count; });
  }

  // The events of a watch until it ends; `during` runs once it has begun.
  std::vector<Json> Watch(const std::string& path, const std::function<void()>& during = {}) {
    std::vector<Json> events;
    std::string left;
    bool begun = false;
    httplib::Client client(cluster_->url());
    client.set_read_timeout(30, 0);
    client.Get(
        path.c_str(),
        [&](const httplib::Response&) {
          if (!begun && during) during();
          begun = true;
          return true;
        },
        [&](const char* data, std::size_t size) {
          left.append(data, size);
          for (std::size_t end = left.find('\n'); end != std::string::npos; end = left.find('\n')) {
            events.push_back(Json::parse(left.substr(0, end)));
            left.erase(0, end + 1);
          }
          return true;
        });
    return events;
  }

  SystemClock clock_;
  std::unique_ptr<EmbeddedCluster> cluster_;
};

TEST_F(EmbeddedClusterTest, PagesShowOneVersionWhateverHappensInBetween) {
  Start();
  for (const char* name : {"a", "b", "c"})
    CreateMap(name);
  const Answer first = Get(std::string(kConfigMaps) + "?limit=2");
  ASSERT_EQ(first.body["items"].size(), 2U);
  EXPECT_EQ(first.body["metadata"]["remainingItemCount"], 1);
  ASSERT_EQ(Send("DELETE", std::string(kConfigMaps) + "/c").status, 200);
  CreateMap("d");
  const std::string token = first.body["metadata"]["continue"];
  const Answer second = Get(std::string(kConfigMaps) + "?limit=2&continue=" + token);
  ASSERT_EQ(second.body["items"].size(), 1U);
  EXPECT_EQ(second.body["items"][0]["metadata"]["name"], "c");
  EXPECT_EQ(second.body["metadata"]["resourceVersion"], first.body["metadata"]["resourceVersion"]);
  cluster_->Compact();
  const Answer late = Get(std::string(kConfigMaps) + "?limit=2&continue=" + token);
  EXPECT_EQ(late.status, 410);
  const std::string other = late.body["metadata"]["continue"];
  EXPECT_EQ(Get(std::string(kConfigMaps) + "?continue=" + other).body["items"].size(), 1U);
}

TEST_F(EmbeddedClusterTest, WatchSaysExpiredAfterACompaction) {
  Start();
  CreateMap("a");
  const std::string version = std::to_string(cluster_->resource_version() - 1);
  cluster_->Compact();
  const auto events = Watch(std::string(kConfigMaps) + "?watch=1&resourceVersion=" + version);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0]["type"], "ERROR");
  EXPECT_EQ(events[0]["object"]["code"], 410);
  EXPECT_EQ(events[0]["object"]["reason"], "Expired");
}

TEST_F(EmbeddedClusterTest, WatchSendsBookmarksWhenAsked) {
  EmbeddedCluster::Config config = Quick();
  config.bookmark_interval = std::chrono::milliseconds(10);
  Start(config);
  const std::string path = std::string(kConfigMaps) + "?watch=1&timeoutSeconds=1&resourceVersion=" +
                           std::to_string(cluster_->resource_version());
  const auto events = Watch(path + "&allowWatchBookmarks=true");
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0]["type"], "BOOKMARK");
  EXPECT_TRUE(Watch(path).empty());
}

TEST_F(EmbeddedClusterTest, CloseWatchesCutsThem) {
  Start();
  const Timestamp begin = clock_.Now();
  const std::string version = std::to_string(cluster_->resource_version());
  const auto events = Watch(std::string(kConfigMaps) + "?watch=1&resourceVersion=" + version,
                            [this] { cluster_->CloseWatches(); });
  EXPECT_TRUE(events.empty());
  EXPECT_LT(clock_.Now() - begin, kPatience);
}

TEST_F(EmbeddedClusterTest, StopBreaksConnectionsAndResumeKeepsPortAndObjects) {
  Start();
  CreateMap("a");
  const std::string url = cluster_->url();
  const Timestamp begin = clock_.Now();
  const std::string version = std::to_string(cluster_->resource_version());
  EXPECT_TRUE(Watch(std::string(kConfigMaps) + "?watch=1&resourceVersion=" + version, [this] {
                std::thread([this] { cluster_->Stop(); }).join();
              }).empty());
  EXPECT_LT(clock_.Now() - begin, kPatience);
  EXPECT_EQ(Get(kConfigMaps).status, 0);
  ASSERT_TRUE(cluster_->Resume());
  EXPECT_EQ(cluster_->url(), url);
  EXPECT_EQ(Get(std::string(kConfigMaps) + "/a").status, 200);
}

TEST_F(EmbeddedClusterTest, TwoClustersDoNotShareAPort) {
  Start();
  EmbeddedCluster::Config config = Quick();
  config.port = std::stoi(cluster_->url().substr(cluster_->url().rfind(':') + 1));
  const auto second = EmbeddedCluster::Start(config, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST_F(EmbeddedClusterTest, FailsTheNextRequestsWhenTold) {
  Start();
  cluster_->FailNext(2, 429);
  EXPECT_EQ(Get(kPods).status, 429);
  const Answer second = Get(kPods);
  EXPECT_EQ(second.body["reason"], "TooManyRequests");
  EXPECT_EQ(second.body["details"]["retryAfterSeconds"], 1);
  EXPECT_EQ(Get(kPods).status, 200);
}

TEST_F(EmbeddedClusterTest, RefusesBodiesAboveItsLimit) {
  EmbeddedCluster::Config config = Quick();
  config.body_bytes_max = 1000;
  Start(config);
  const Json big{{"metadata", {{"name", "a"}}}, {"data", {{"x", std::string(2000, 'x')}}}};
  const Answer answer = Send("POST", kConfigMaps, big);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body["reason"], "RequestEntityTooLarge");
}

TEST_F(EmbeddedClusterTest, IsFullAtItsLimit) {
  EmbeddedCluster::Config config = Quick();
  config.objects_max = 12;
  Start(config);
  Answer answer;
  for (int i = 0; i < 12; ++i) {
    answer = Send("POST", kConfigMaps, {{"metadata", {{"generateName", "a-"}}}});
  }
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body["message"], "Internal error occurred: store: full");
}

TEST_F(EmbeddedClusterTest, DeploymentGrowsAndShrinksThroughScale) {
  Start();
  ASSERT_EQ(Send("POST", kDeployments, Workload("Deployment", "web", 1)).status, 201);
  const std::string web = std::string(kDeployments) + "/web";
  AwaitReady(web, 1);
  ASSERT_EQ(Merge(web + "/scale", {{"spec", {{"replicas", 4}}}}).status, 200);
  AwaitReady(web, 4);
  EXPECT_EQ(Get(web + "/scale").body["status"]["selector"], "app=web");
  ASSERT_EQ(Merge(web + "/scale", {{"spec", {{"replicas", 1}}}}).status, 200);
  AwaitReady(web, 1);
  AwaitPods(1);
  EXPECT_EQ(Get(web).body["status"]["observedGeneration"], 3);
  ASSERT_EQ(Send("DELETE", web).status, 200);
  AwaitPods(0);
  EXPECT_TRUE(Get("/apis/apps/v1/namespaces/default/replicasets").body["items"].empty());
}

TEST_F(EmbeddedClusterTest, StartDelayOfTheWorkloadHoldsPodsBack) {
  Start();
  Json slow = Workload("Deployment", "slow", 1);
  slow["metadata"]["annotations"]["embedded.hpaplus.io/start-delay"] = "1h";
  ASSERT_EQ(Send("POST", kDeployments, slow).status, 201);
  AwaitPods(1);
  EXPECT_EQ(Get(kPods).body["items"][0]["status"]["phase"], "Pending");
  const std::string path = std::string(kDeployments) + "/slow";
  ASSERT_EQ(
      Merge(path, {{"metadata", {{"annotations", {{"embedded.hpaplus.io/start-delay", "1ms"}}}}}})
          .status,
      200);
  // Pods that are under way keep their delay; a new one takes the new delay.
  ASSERT_EQ(Merge(path + "/scale", {{"spec", {{"replicas", 2}}}}).status, 200);
  Until(path, [](const Json& body) { return IntAt(body, "/status/readyReplicas") == 1; });
}

TEST_F(EmbeddedClusterTest, OrderedStatefulSetStartsOneAfterTheOther) {
  Start();
  Json set = Workload("StatefulSet", "db", 3);
  set["spec"]["serviceName"] = "db";
  set["metadata"]["annotations"]["embedded.hpaplus.io/start-delay"] = "1h";
  ASSERT_EQ(Send("POST", kStatefulSets, set).status, 201);
  AwaitPods(1);
  EXPECT_EQ(Get(kPods).body["items"][0]["metadata"]["name"], "db-0");
  Json parallel = Workload("StatefulSet", "kv", 3);
  parallel["spec"]["podManagementPolicy"] = "Parallel";
  ASSERT_EQ(Send("POST", kStatefulSets, parallel).status, 201);
  AwaitReady(std::string(kStatefulSets) + "/kv", 3);
  ASSERT_EQ(Merge(std::string(kStatefulSets) + "/kv/scale", {{"spec", {{"replicas", 1}}}}).status,
            200);
  AwaitReady(std::string(kStatefulSets) + "/kv", 1);
  EXPECT_EQ(Get(std::string(kPods) + "/kv-0").status, 200);
}

TEST_F(EmbeddedClusterTest, TwoThousandPodsAreThereInSeconds) {
  Start();
  ASSERT_EQ(Send("POST", kDeployments, Workload("Deployment", "big", 2000)).status, 201);
  AwaitReady(std::string(kDeployments) + "/big", 2000);
  EXPECT_EQ(Get(kPods).body["items"].size(), 2000U);
}

TEST_F(EmbeddedClusterTest, MetricsShareTheTotalAmongReadyPods) {
  Start();
  Json web = Workload("Deployment", "web", 4);
  web["metadata"]["annotations"] = {{"embedded.hpaplus.io/cpu-total", "2"},
                                    {"embedded.hpaplus.io/cpu-per-pod-max", "400m"},
                                    {"embedded.hpaplus.io/memory-per-pod", "64Mi"}};
  ASSERT_EQ(Send("POST", kDeployments, web).status, 201);
  ASSERT_EQ(Send("POST", kDeployments, Workload("Deployment", "silent", 1)).status, 201);
  const Answer answer =
      Until("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app%3Dweb",
            [](const Json& body) { return At(body, "/items").size() == 4; });
  const Json& item = answer.body["items"][0];
  EXPECT_EQ(item["containers"][0]["usage"]["cpu"], "400000000n");  // Of 500m, capped.
  EXPECT_EQ(item["containers"][0]["usage"]["memory"], "65536Ki");
  EXPECT_EQ(item["window"], "50ms");
  AwaitReady(std::string(kDeployments) + "/silent", 1);
  // A workload that says nothing has no metrics rather than zero.
  EXPECT_TRUE(
      Get("/apis/metrics.k8s.io/v1beta1/pods?labelSelector=app%3Dsilent").body["items"].empty());
}

TEST_F(EmbeddedClusterTest, QuotaRefusesPodsAndSaysSo) {
  Start();
  const Json quota{{"metadata", {{"name", "few"}}}, {"spec", {{"hard", {{"pods", "2"}}}}}};
  ASSERT_EQ(Send("POST", "/api/v1/namespaces/default/resourcequotas", quota).status, 201);
  ASSERT_EQ(Send("POST", kDeployments, Workload("Deployment", "web", 3)).status, 201);
  AwaitReady(std::string(kDeployments) + "/web", 2);
  const Json pod{{"metadata", {{"name", "x"}}},
                 {"spec", {{"containers", {{{"name", "a"}, {"image", "a"}}}}}}};
  const Answer refused = Send("POST", kPods, pod);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.body["message"],
            "pods \"x\" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, "
            "limited: pods=2");
  Until("/api/v1/namespaces/default/resourcequotas/few",
        [](const Json& body) { return At(body, "/status/used/pods") == "2"; });
  ASSERT_EQ(Merge("/api/v1/namespaces/default/resourcequotas/few",
                  {{"spec", {{"hard", {{"pods", "5"}}}}}})
                .status,
            200);
  AwaitReady(std::string(kDeployments) + "/web", 3);
}

TEST_F(EmbeddedClusterTest, DeletedNamespaceTakesEverythingWithIt) {
  Start();
  ASSERT_EQ(Send("POST", "/api/v1/namespaces", {{"metadata", {{"name", "shop"}}}}).status, 201);
  ASSERT_EQ(
      Send("POST", "/apis/apps/v1/namespaces/shop/deployments", Workload("Deployment", "web", 2))
          .status,
      201);
  ASSERT_EQ(Send("DELETE", "/api/v1/namespaces/shop").status, 200);
  Until("/api/v1/namespaces/shop", [](const Json& body) { return IntAt(body, "/code") == 404; });
  EXPECT_TRUE(Get("/api/v1/pods").body["items"].empty());
}

TEST_F(EmbeddedClusterTest, OrphanedDependentsStay) {
  Start();
  ASSERT_EQ(Send("POST", kDeployments, Workload("Deployment", "web", 1)).status, 201);
  AwaitReady(std::string(kDeployments) + "/web", 1);
  const Json orphan{{"propagationPolicy", "Orphan"}};
  ASSERT_EQ(Send("DELETE", std::string(kDeployments) + "/web", orphan).status, 200);
  Until(std::string(kDeployments) + "/web",
        [](const Json& body) { return IntAt(body, "/code") == 404; });
  const Answer sets = Get("/apis/apps/v1/namespaces/default/replicasets");
  ASSERT_EQ(sets.body["items"].size(), 1U);
  EXPECT_FALSE(sets.body["items"][0]["metadata"].contains("ownerReferences"));
}

TEST_F(EmbeddedClusterTest, ForeignRulesAreAnsweredWithAWarning) {
  Start();
  const Json schema{
      {"type", "object"},
      {"properties",
       {{"spec",
         {{"type", "object"},
          {"x-kubernetes-validations", {{{"rule", "self.a > 1"}, {"message", "more"}}}},
          {"properties", {{"a", {{"type", "integer"}, {"minimum", 0}}}}}}}}}};
  const Json definition{{"metadata", {{"name", "things.example.com"}}},
                        {"spec",
                         {{"group", "example.com"},
                          {"scope", "Namespaced"},
                          {"names", {{"kind", "Thing"}, {"plural", "things"}}},
                          {"versions",
                           {{{"name", "v1"},
                             {"served", true},
                             {"storage", true},
                             {"schema", {{"openAPIV3Schema", schema}}}}}}}}};
  const std::string things = "/apis/example.com/v1/namespaces/default/things";
  ASSERT_EQ(
      Send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition).status,
      201);
  Until(things, [](const Json& body) { return body.contains("items"); });
  httplib::Client client(cluster_->url());
  const auto thing = [](int a) {
    return Json{{"apiVersion", "example.com/v1"},
                {"kind", "Thing"},
                {"metadata", {{"generateName", "t-"}}},
                {"spec", {{"a", a}}}}
        .dump();
  };
  const auto created = client.Post(things.c_str(), thing(1), "application/json");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->status, 201);
  EXPECT_NE(created->get_header_value("Warning").find("x-kubernetes-validations"),
            std::string::npos);
  EXPECT_EQ(client.Post(things.c_str(), thing(-1), "application/json")->status, 422);
}

TEST_F(EmbeddedClusterTest, TokenKeepsOthersOut) {
  EmbeddedCluster::Config config = Quick();
  config.token = "secret";
  Start(config);
  EXPECT_EQ(Get(kPods).status, 401);
  EXPECT_EQ(Get("/readyz").status, 200);
  httplib::Client client(cluster_->url());
  client.set_bearer_token_auth("secret");
  EXPECT_EQ(client.Get(kPods)->status, 200);
  EXPECT_NE(cluster_->Kubeconfig().find("token: \"secret\""), std::string::npos);
}

TEST_F(EmbeddedClusterTest, KubeconfigThatCannotBeWrittenIsAnError) {
  Start();
  EXPECT_EQ(cluster_->WriteKubeconfig("/nonexistent/kubeconfig").error().code,
            ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hpaplus
