#include "test/bench/rig.h"

#include <atomic>
#include <utility>

#include "test/support/kube_rest.h"

namespace hpaplus::bench {
namespace {

using test::Json;

constexpr const char* kNamespace = "bench";
constexpr Duration kLookEvery = std::chrono::milliseconds(20);
constexpr Duration kPatience = std::chrono::minutes(5);

Json Deployment(const std::string& name, Replicas replicas) {
  Json object = Json::parse(R"({
    "apiVersion": "apps/v1", "kind": "Deployment",
    "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "app"}]}}}})");
  const Json labels = {{"app", name}};
  object["metadata"] = {{"name", name}, {"namespace", kNamespace}};
  object["spec"]["replicas"] = replicas;
  object["spec"]["selector"]["matchLabels"] = labels;
  object["spec"]["template"]["metadata"]["labels"] = labels;
  return object;
}

// Whatever is asked for is done at once, in both directions.
Json PromptBehavior() {
  const Json policy = {{"type", "Pods"}, {"value", 1000}, {"periodSeconds", 1}};
  const Json rules = {{"stabilizationWindowSeconds", 0},
                      {"tolerance", "0.01"},
                      {"policies", Json::array({policy})}};
  return {{"scaleUp", rules}, {"scaleDown", rules}};
}

Json HpaPlus(const std::string& name, bool grouped) {
  Json object = Json::parse(R"({
    "apiVersion": "autoscaling.hpaplus.io/v1alpha1", "kind": "HPAPlus",
    "spec": {
      "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment"},
      "minReplicas": 1, "maxReplicas": 1000,
      "evaluation": {"period": "1s"},
      "metrics": [{"name": "load", "type": "Source", "source": {
        "ref": {"name": "prometheus"},
        "target": {"type": "AverageValue", "averageValue": "10"}}}]}})");
  object["spec"]["behavior"] = PromptBehavior();
  object["metadata"] = {{"name", name}, {"namespace", kNamespace}};
  object["spec"]["scaleTargetRef"]["name"] = name;
  const std::string query = (grouped ? "load_of" : "load") + ("{object=\"" + name + "\"}");
  object["spec"]["metrics"][0]["source"]["query"] = query;
  return object;
}

// What HpaPlus() is, in Kubernetes' own words.
Json StockHpa(const std::string& name) {
  Json object = Json::parse(R"({
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
    "spec": {
      "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment"},
      "minReplicas": 1, "maxReplicas": 1000,
      "metrics": [{"type": "External", "external": {
        "metric": {"name": "load", "selector": {"matchLabels": {}}},
        "target": {"type": "AverageValue", "averageValue": "10"}}}]}})");
  object["spec"]["behavior"] = PromptBehavior();
  object["metadata"] = {{"name", name}, {"namespace", kNamespace}};
  object["spec"]["scaleTargetRef"]["name"] = name;
  object["spec"]["metrics"][0]["external"]["metric"]["selector"]["matchLabels"]["object"] = name;
  return object;
}

}  // namespace

Result<std::unique_ptr<Rig>> Rig::Start(const Options& options) {
  auto rig = std::unique_ptr<Rig>(new Rig(options));
  rig->loads_.Move(options.first_base, rig->Now());
  auto cluster = test::KubeCluster::Start();
  if (!cluster) return cluster.error();
  rig->cluster_ = *std::move(cluster);
  if (Status installed = rig->cluster_->InstallCrds(); !installed) return installed.error();
  if (Status started = rig->StartSources(); !started) return started.error();
  if (Status created = rig->CreateObjects(); !created) return created.error();
  rig->watch_ = std::make_unique<SizeWatch>(rig->cluster_->api(), kNamespace, options.objects);
  if (Status started = rig->StartEngine(); !started) return started.error();
  return rig;
}

Status Rig::StartSources() {
  exporter_ = std::make_unique<test::ScriptedServer>([this](const test::ScriptedRequest&) {
    test::ScriptedAnswer answer;
    answer.content_type = "text/plain; version=0.0.4";
    answer.body = loads_.Exposition(clock_.Now());
    return answer;
  });
  test::PrometheusProcess::Options options;
  options.targets = {"127.0.0.1:" + std::to_string(exporter_->port())};
  auto started = test::PrometheusProcess::Start(options);
  if (!started) return started.error();
  prometheus_ = *std::move(started);
  return Done{};
}

Json Rig::Source() const {
  Json object = {{"apiVersion", "autoscaling.hpaplus.io/v1alpha1"},
                 {"kind", "MetricSource"},
                 {"metadata", {{"name", "prometheus"}, {"namespace", kNamespace}}},
                 {"spec", {{"type", "Prometheus"}, {"endpoint", prometheus_->url()}}}};
  if (!options_.grouped) return object;
  object["spec"]["limits"] = {{"maxSeries", 2 * options_.objects + 100},
                              {"maxResponseBytes", 64 << 20}};
  object["spec"]["prometheus"]["groups"] = {{{"name", "load_of"},
                                             {"query", "sum by (object) (load)"},
                                             {"by", {"object"}},
                                             {"timestamp", "min by (object) (timestamp(load))"}}};
  return object;
}

Status Rig::CreateObjects() {
  test::KubeRest& api = cluster_->api();
  const Result<Json> ns = api.Apply(
      {{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", kNamespace}}}});
  if (!ns) return ns.error();
  const Result<Json> source = api.Apply(Source());
  if (!source) return source.error();

  std::vector<Json> objects;
  for (std::size_t i = 0; i < options_.objects; ++i) {
    objects.push_back(Deployment(ObjectName(i), 1));
    objects.push_back(HpaPlus(ObjectName(i), options_.grouped));
  }
  return ApplyAll(objects);
}

Status Rig::ApplyAll(const std::vector<Json>& objects) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(objects.size());
  const auto failed = std::make_shared<std::atomic<std::size_t>>(0);
  const auto on_done = [left, failed](const Result<std::string>& body) {
    if (!body) ++*failed;
    --*left;
  };
  for (const Json& object : objects)
    cluster_->api().StartApply(object, on_done);
  for (const Timestamp deadline = Now() + kPatience; *left > 0 && Now() < deadline;)
    Pass(kLookEvery);
  if (*left + *failed > 0) {
    return Error{ErrorCode::kUnavailable, std::to_string(*failed) + " objects were not created"};
  }
  return Done{};
}

Status Rig::StartEngine() {
  test::HpaplusProcess::Options options;
  options.kubeconfig = cluster_->Kubeconfig();
  options.config = options_.config;
  options.program = options_.program;
  auto started = test::HpaplusProcess::Start(options);
  if (!started) return started.error();
  engine_ = *std::move(started);
  return Done{};
}

Status Rig::ReplaceByStock(const std::string& program) {
  engine_.reset();
  std::vector<Json> objects;
  for (std::size_t i = 0; i < options_.objects; ++i)
    objects.push_back(StockHpa(ObjectName(i)));
  if (Status applied = ApplyAll(objects); !applied) return applied;
  auto started = support::ChildProcess::Start(
      {{program, "--kubeconfig", cluster_->Kubeconfig(), "--prometheus", prometheus_->url(),
        "--sync-period", "1s", "--workers", "64", "--qps", "-1"},
       {},
       cluster_->File("stock.log")});
  if (!started) return started.error();
  stock_ = *std::move(started);
  return Done{};
}

std::map<std::string, ProcessUsage> Rig::Usage() {
  return {{"engine", ProcessUsage::Of(engine_ ? engine_->pid() : stock_->pid())},
          {"apiserver", ProcessUsage::Of(cluster_->Pid("apiserver"))},
          {"etcd", ProcessUsage::Of(cluster_->Pid("etcd"))},
          {"prometheus", ProcessUsage::Of(prometheus_->pid())}};
}

Result<Rig::Counters> Rig::Count() {
  Counters counters;
  counters.at = Now();
  counters.usage = Usage();
  if (engine_) {
    auto engine = engine_->Metrics();
    if (!engine) return engine.error();
    counters.engine = *std::move(engine);
  }
  const auto text = cluster_->api().GetText("/metrics");
  if (!text) return text.error();
  counters.apiserver = test::ParseSeries(*text);
  return counters;
}

std::size_t Rig::Wrong() {
  const std::vector<Replicas> sizes = watch_->sizes();
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    wrong += sizes[i] == loads_.Wanted(i) ? 0U : 1U;
  return wrong;
}

bool Rig::Settle(Duration most) {
  const Timestamp deadline = Now() + most;
  while (Wrong() > 0) {
    if (Now() >= deadline) return false;
    Pass(kLookEvery);
  }
  return true;
}

}  // namespace hpaplus::bench
