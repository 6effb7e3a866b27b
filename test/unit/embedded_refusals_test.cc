// What the embedded cluster refuses, and in which words.

#include <string>

#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include "engine/embedded/embedded_cluster.h"
#include "engine/shell/system_clock.h"

namespace hpaplus {
namespace {

using Json = nlohmann::json;

constexpr char kMaps[] = "/api/v1/namespaces/default/configmaps";
constexpr char kMap[] = "/api/v1/namespaces/default/configmaps/a";
constexpr char kPods[] = "/api/v1/namespaces/default/pods";
constexpr char kDeployments[] = "/apis/apps/v1/namespaces/default/deployments";
constexpr char kQuotas[] = "/api/v1/namespaces/default/resourcequotas";
constexpr char kLeases[] = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
constexpr char kDefinitions[] = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr char kOurs[] = "/apis/autoscaling.hpaplus.io/v1alpha1/namespaces/default/hpapluses";
constexpr char kMetrics[] = "/apis/metrics.k8s.io/v1beta1/namespaces/default/pods";

struct Refusal {
  std::string name;
  std::string method;
  std::string path;
  std::string body;
  int status = 0;
  std::string message;  // A part of it.
  std::string type = "application/json";
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
  *out << refusal.name;
}

std::string Pod(const std::string& container) {
  return R"({"metadata":{"name":"p"},"spec":{"containers":[)" + container + "]}}";
}

std::string Definition(const std::string& name, const std::string& rest) {
  return R"({"metadata":{"name":")" + name +
         R"("},"spec":{"group":"example.com","names":{"kind":"Thing","plural":"things"},)" + rest +
         "}}";
}

std::string Versions(const std::string& schema) {
  return R"("scope":"Cluster","versions":[{"name":"v1","served":true,"storage":true)" + schema +
         "}]";
}

std::vector<Refusal> Refusals() {
  const std::string merge = "application/merge-patch+json";
  return {
      {"dryRun", "POST", std::string(kMaps) + "?dryRun=Some", "{}", 400, "dryRun: Unsupported"},
      {"fieldValidation", "POST", std::string(kMaps) + "?fieldValidation=Odd", "{}", 400,
       "fieldValidation: Unsupported"},
      {"propagation", "DELETE", std::string(kMap) + "?propagationPolicy=Odd", "", 400,
       "propagationPolicy: Unsupported"},
      {"grace", "DELETE", std::string(kMap) + "?gracePeriodSeconds=x", "", 400,
       "gracePeriodSeconds: Invalid"},
      {"deleteVersion", "DELETE", kMap, R"({"preconditions":{"resourceVersion":"1"}})", 409,
       "the ResourceVersion in the precondition (1) does not match"},
      {"listVersion", "GET", std::string(kMaps) + "?resourceVersion=new", "", 500,
       "strconv.ParseUint"},
      {"listMatch", "GET", std::string(kMaps) + "?resourceVersion=1&resourceVersionMatch=Odd", "",
       422, "supported values: \"Exact\", \"NotOlderThan\""},
      {"listExactZero", "GET", std::string(kMaps) + "?resourceVersion=0&resourceVersionMatch=Exact",
       "", 422, "forbidden for resourceVersion \"0\""},
      {"watchMatch", "GET", std::string(kMaps) + "?watch=1&resourceVersionMatch=Exact", "", 422,
       "forbidden for watch unless sendInitialEvents"},
      {"watchFuture", "GET", std::string(kMaps) + "?watch=1&resourceVersion=99999999", "", 504,
       "Too large resource version: 99999999"},
      {"putWithoutName", "PUT", kMap, "{}", 400, "name must be provided"},
      {"putOtherUid", "PUT", kMap, R"({"metadata":{"name":"a","uid":"x"}})", 409,
       "UID in precondition: x"},
      {"noName", "POST", kMaps, "{}", 422, "name or generateName is required"},
      {"notAnObject", "POST", kMaps, "[]", 400, "not a JSON object"},
      {"otherVersion", "POST", kMaps, R"({"apiVersion":"v2","kind":"ConfigMap"})", 400,
       "does not match the expected API version (v1)"},
      {"versionOnCreate", "POST", kMaps, R"({"metadata":{"name":"b","resourceVersion":"5"}})", 500,
       "resourceVersion should not be set"},
      {"createEverywhere", "POST", "/api/v1/configmaps", "{}", 405, "does not allow this method"},
      {"nameEverywhere", "GET", "/api/v1/configmaps/a", "", 404, "could not find the requested"},
      {"clusterWideInNamespace", "GET", "/api/v1/namespaces/default/nodes/x", "", 404,
       "could not find the requested"},
      {"unknownSubresource", "GET", std::string(kMap) + "/status", "", 404,
       "could not find the requested"},
      {"patchNoObject", "PATCH", kMap, "3", 400, "the patch is no object", merge},
      {"patchNoJson", "PATCH", kMap, "{", 400, "json: invalid JSON", merge},
      {"patchApply", "PATCH", kMap, "{}", 415, "no server-side apply",
       "application/apply-patch+yaml"},
      {"patchName", "PATCH", kMap, R"({"metadata":{"name":"b"}})", 400,
       "the name of the object (b) does not match", merge},
      {"strategicNonsense", "PATCH", kMap, R"({"$patch":"odd"})", 400, "unknown $patch odd",
       "application/strategic-merge-patch+json"},
      {"protobufOfNobody", "POST", kMaps, "k8", 400, "protobuf: the message is broken",
       "application/vnd.kubernetes.protobuf"},
      {"containerName", "POST", kPods, Pod(R"({"image":"i"})"), 422,
       "spec.containers[0].name: Required value"},
      {"containerTwice", "POST", kPods, Pod(R"({"name":"a","image":"i"},{"name":"a","image":"i"})"),
       422, "spec.containers[1].name: Duplicate value: \"a\""},
      {"requestAboveLimit", "POST", kPods,
       Pod(R"({"name":"a","image":"i","resources":{"requests":{"cpu":"2"},"limits":{"cpu":"1"}}})"),
       422, "must be less than or equal to cpu limit of 1"},
      {"quantity", "POST", kPods,
       Pod(R"({"name":"a","image":"i","resources":{"requests":{"cpu":"much"}}})"), 400,
       "quantities must match"},
      {"emptySelector", "POST", kDeployments,
       R"({"metadata":{"name":"d"},"spec":{"selector":{},"template":{"spec":{"containers":[
          {"name":"a","image":"i"}]}}}})",
       422, "empty selector is invalid for deployment"},
      {"quotaScopes", "POST", kQuotas,
       R"({"metadata":{"name":"q"},"spec":{"scopes":["BestEffort"]}})", 422,
       "does not know the scopes of quotas"},
      {"leaseDuration", "POST", kLeases,
       R"({"metadata":{"name":"l"},"spec":{"leaseDurationSeconds":0}})", 422,
       "must be greater than 0"},
      {"longNamespace", "POST", "/api/v1/namespaces",
       R"({"metadata":{"name":")" + std::string(64, 'a') + R"("}})", 422,
       "must be no more than 63 bytes"},
      {"dottedNamespace", "POST", "/api/v1/namespaces", R"({"metadata":{"name":"a.b"}})", 422,
       "RFC 1123 label"},
      {"definitionName", "POST", kDefinitions, Definition("other", Versions("")), 422,
       "must be spec.names.plural+\".\"+spec.group"},
      {"definitionScope", "POST", kDefinitions,
       Definition("things.example.com", R"("scope":"Odd","versions":[])"), 422,
       "Unsupported value: \"Odd\""},
      {"definitionWithoutSchema", "POST", kDefinitions,
       Definition("things.example.com", Versions("")), 422, "has no schema.openAPIV3Schema"},
      {"definitionSchema", "POST", kDefinitions,
       Definition("things.example.com",
                  Versions(R"(,"schema":{"openAPIV3Schema":{"type":"object","properties":{
                    "a":{"type":"string","pattern":"("}}}})")),
       422, "spec.versions"},
      {"definitionWebhook", "POST", kDefinitions,
       Definition("things.example.com",
                  R"("conversion":{"strategy":"Webhook"},"scope":"Cluster","versions":[])"),
       422, "calls no conversion webhooks"},
      {"customWithoutKind", "POST", kOurs, R"({"metadata":{"name":"x"}})", 400,
       "'Kind' or 'apiVersion' is missing"},
      {"customOtherKind", "POST", kOurs,
       R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"X","metadata":{"name":"x"}})",
       400, "does not match the expected kind (HPAPlus)"},
      {"rulesUnchecked", "POST", kOurs,
       R"({"apiVersion":"autoscaling.hpaplus.io/v1alpha1","kind":"HPAPlus","metadata":{"name":"x"},
          "spec":{"scaleTargetRef":{"kind":"D","name":"x"},"maxReplicas":"many"}})",
       422, "some validation rules were not checked"},
      {"metricsSelector", "GET", std::string(kMetrics) + "?labelSelector=a%20in%20b", "", 400,
       "unable to parse requirement"},
      {"metricsOfNobody", "GET", std::string(kMetrics) + "/none", "", 404,
       "\"default/none\" not found"},
      {"metricsWrite", "DELETE", kMetrics, "", 405, "does not allow this method"},
      {"evictNobody", "POST", std::string(kPods) + "/none/eviction", "{}", 404,
       "pods \"none\" not found"},
      {"scaleKind", "PUT", std::string(kDeployments) + "/web/scale", R"({"kind":"Odd"})", 400,
       "cannot be handled as a Scale"},
      {"scaleType", "PUT", std::string(kDeployments) + "/web/scale",
       R"({"metadata":{"name":"web"},"spec":{"replicas":"x"}})", 400,
       "Go struct field ScaleSpec.spec.replicas of type int32"},
      {"immutableSelector", "PATCH", std::string(kDeployments) + "/web",
       R"({"spec":{"selector":{"matchLabels":{"app":"other"}}}})", 422, "field is immutable",
       merge},
  };
}

class EmbeddedRefusals : public ::testing::TestWithParam<Refusal> {
 protected:
  // One cluster for all: nothing that is refused changes it.
  static void SetUpTestSuite() {
    static SystemClock clock;
    EmbeddedCluster::Config config;
    config.controllers = false;
    config.future_version_wait = std::chrono::milliseconds(10);
    auto started = EmbeddedCluster::Start(config, clock);
    ASSERT_TRUE(started) << started.error().message;
    cluster_ = std::move(*started);
    httplib::Client client(cluster_->url());
    ASSERT_EQ(client.Post(kMaps, R"({"metadata":{"name":"a"}})", "application/json")->status, 201);
    const Json web{{"metadata", {{"name", "web"}}},
                   {"spec",
                    {{"selector", {{"matchLabels", {{"app", "web"}}}}},
                     {"template",
                      {{"metadata", {{"labels", {{"app", "web"}}}}},
                       {"spec", {{"containers", {{{"name", "a"}, {"image", "i"}}}}}}}}}}};
    ASSERT_EQ(client.Post(kDeployments, web.dump(), "application/json")->status, 201);
  }

  static void TearDownTestSuite() { cluster_.reset(); }

  static std::unique_ptr<EmbeddedCluster> cluster_;
};

std::unique_ptr<EmbeddedCluster> EmbeddedRefusals::cluster_;

TEST_P(EmbeddedRefusals, AreToldInWords) {
  const Refusal& refusal = GetParam();
  httplib::Client client(cluster_->url());
  httplib::Request request;
  request.method = refusal.method;
  request.path = refusal.path;
  request.body = refusal.body;
  if (!refusal.body.empty()) request.set_header("Content-Type", refusal.type);
  const auto answer = client.send(request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, refusal.status) << answer->body;
  const Json status = Json::parse(answer->body, nullptr, false);
  ASSERT_TRUE(status.is_object()) << answer->body;
  EXPECT_EQ(status.value("kind", ""), "Status");
  EXPECT_EQ(status.value("code", 0), refusal.status);
  const std::string message = status.value("message", "");
  EXPECT_NE(message.find(refusal.message), std::string::npos) << message;
}

INSTANTIATE_TEST_SUITE_P(All, EmbeddedRefusals, ::testing::ValuesIn(Refusals()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace hpaplus
