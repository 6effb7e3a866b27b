// The contract of Collector, run by all collectors and the fake.

#include "test/contract/collector_contract.h"

#include <map>
#include <optional>

#include "collectors/business_monitor.h"
#include "collectors/kube_metrics.h"
#include "collectors/metrics_server.h"
#include "collectors/prometheus.h"
#include "test/support/fake_collector.h"
#include "test/support/fake_http_client.h"
#include "test/support/fake_kube_read.h"

namespace hpaplus::test {
namespace {

std::string Name(int i) {
  return "q" + std::to_string(i);
}

HttpResponse Json(std::string body, int status = 200) {
  return {status, {{"content-type", "application/json"}}, std::move(body)};
}

struct HttpRig {
  FakeHttpClient http;
  SerialExecutor executor;
  std::unique_ptr<Collector> collector;

  static MetricQuery Query(int i) {
    MetricQuery query;
    query.expression = Name(i);
    return query;
  }
  bool AnswerBytes(std::string bytes) {
    http.AnswerAlways(std::move(bytes));
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return http.seen.size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() const { return http.deadline; }
};

struct PrometheusRig : HttpRig {
  [[maybe_unused]] static constexpr std::string_view kSourceType = "Prometheus";

  PrometheusRig() {
    ResolvedSource source;
    source.spec.endpoint = "http://prometheus";
    source.spec.prometheus = PrometheusSource{.sample_time = false};
    collector = std::move(*collectors::PrometheusCollector::Create(source, {http, executor}));
  }
  void AnswerAll() {
    http.AnswerAlways(
        R"({"status":"success","data":{"resultType":"scalar","result":[1700000000,"1"]}})");
  }
  void Fail(int i) {
    http.answer = [i](const HttpRequest& request) -> Result<HttpResponse> {
      const bool fails = request.url.find("query=" + Name(i) + "&") != std::string::npos;
      if (fails) return Error{ErrorCode::kUnavailable, "connection refused"};
      return Json(R"({"status":"success","data":{"resultType":"vector","result":[]}})");
    };
  }
};

struct BusinessMonitorRig : HttpRig {
  [[maybe_unused]] static constexpr std::string_view kSourceType = "HTTP";

  BusinessMonitorRig() {
    ResolvedSource source;
    source.spec.endpoint = "http://shop/stats";
    collector = std::move(*collectors::BusinessMonitorCollector::Create(source, {http, executor}));
  }
  void AnswerAll() { http.AnswerAlways(R"({"q0":0,"q1":1,"q2":"2","q3":3})"); }
  void Fail(int i) {
    std::string body = "{";
    for (int k = 0; k < 4; ++k)
      body += (k == 0 ? "\"" : ",\"") + Name(k) + (k == i ? "\":null" : "\":1");
    http.AnswerAlways(body + "}");
  }
};

struct KubeRig {
  FakeKubeRead kube;
  SerialExecutor executor;
  std::unique_ptr<Collector> collector;

  bool AnswerBytes(std::string bytes) {
    kube.answers.clear();
    kube.otherwise = std::move(bytes);
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return kube.seen.size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() const { return kube.deadline; }
};

struct MetricsServerRig : KubeRig {
  MetricsServerRig() {
    collector = std::move(*collectors::MetricsServerCollector::Create(
        {.namespaces = {Name(0), Name(1), Name(2), Name(3)}}, kube.AsFunction(), executor));
  }
  static MetricQuery Query(int i) {
    MetricQuery query;
    query.type = MetricType::kResource;
    query.ns = Name(i);
    return query;
  }
  void AnswerAll() {
    kube.answers.clear();
    kube.otherwise = std::string(R"({"items":[]})");
  }
  void Fail(int i) {
    kube.answers.insert_or_assign("/apis/metrics.k8s.io/v1beta1/namespaces/" + Name(i) + "/pods",
                                  Error{ErrorCode::kPermissionDenied, "forbidden"});
  }
};

struct KubeMetricsRig : KubeRig {
  KubeMetricsRig() {
    collector = std::move(*collectors::KubeMetricsCollector::Create(
        {}, kube.AsFunction(), [](const std::string&, const std::string&, Timestamp) {
          return Result<std::string>(std::string("services"));
        }));
  }
  static MetricQuery Query(int i) {
    MetricQuery query;
    query.type = i == 0 ? MetricType::kObject : i == 1 ? MetricType::kPods : MetricType::kExternal;
    query.ns = "shop";
    query.expression = Name(i);
    query.object = {"v1", "Service", "web"};
    return query;
  }
  void AnswerAll() {
    kube.answers.clear();
    kube.answers.emplace("/apis/custom.metrics.k8s.io",
                         std::string(R"({"versions":[{"version":"v1beta2"}]})"));
    kube.otherwise = std::string(R"({"items":[{"value":"1"}]})");
  }
  void Fail(int i) {
    AnswerAll();
    const std::string paths[] = {
        "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/services/web/q0",
        "/apis/custom.metrics.k8s.io/v1beta2/namespaces/shop/pods/*/q1",
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/q2",
        "/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/q3"};
    kube.answers.emplace(paths[i], Error{ErrorCode::kNotFound, "no such metric"});
  }
};

struct FakeRig {
  std::unique_ptr<Collector> collector = std::make_unique<FakeCollector>();

  [[nodiscard]] FakeCollector& fake() const { return static_cast<FakeCollector&>(*collector); }
  static MetricQuery Query(int i) { return HttpRig::Query(i); }
  void AnswerAll() const {
    for (int i = 0; i < 4; ++i)
      fake().Answer(Name(i), i, Timestamp(std::chrono::seconds(1'700'000'000)));
  }
  void Fail(int i) const {
    fake().answers.insert_or_assign(Name(i), Error{ErrorCode::kUnavailable, "down"});
  }
  static bool AnswerBytes(const std::string& /*bytes*/) { return false; }
  [[nodiscard]] std::size_t asked() const { return fake().seen.size(); }
  [[nodiscard]] static std::optional<Timestamp> deadline() { return std::nullopt; }
};

using Rigs =
    testing::Types<PrometheusRig, BusinessMonitorRig, MetricsServerRig, KubeMetricsRig, FakeRig>;

class RigNames {
 public:
  template <class Rig>
  static std::string GetName(int /*index*/) {
    if (std::is_same_v<Rig, PrometheusRig>) return "Prometheus";
    if (std::is_same_v<Rig, BusinessMonitorRig>) return "BusinessMonitor";
    if (std::is_same_v<Rig, MetricsServerRig>) return "MetricsServer";
    if (std::is_same_v<Rig, KubeMetricsRig>) return "KubeMetrics";
    return "Fake";
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(All, CollectorContract, Rigs, RigNames);

}  // namespace
}  // namespace hpaplus::test
