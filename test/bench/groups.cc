// 10,000 objects with a period of a second on one real Prometheus, asked by a group: how many HTTP
// requests that is, by Prometheus' own count, and what it costs. The engine is the live one, with a
// cluster that only exists in memory and an actuator that writes nothing.
//
//   hpaplus_groups [OBJECTS [SECONDS]]
//
// Exit codes: 0 all bars are kept; 2 one is missed; 1 it could not be measured; 77 this machine has
// no Prometheus.

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "collectors/builtin.h"
#include "engine/loop/collector_runner.h"
#include "engine/loop/dry_run_actuator.h"
#include "engine/loop/engine.h"
#include "engine/shell/curl_client.h"
#include "engine/shell/system_clock.h"
#include "policies/builtin.h"
#include "test/bench/process_usage.h"
#include "test/support/prometheus_process.h"
#include "test/support/scripted_server.h"

namespace hpaplus::bench {
namespace {

using std::chrono::seconds;

constexpr double kRequestsMost = 20;  // A second.
constexpr double kOnTimeLeast = 0.95;
constexpr std::size_t kNamespaces = 100;
constexpr Duration kPatience = seconds(60);
const SourceName kSource = "ClusterMetricSource/prom";

std::string Namespace(std::size_t object) {
  return fmt::format("n{}", object % kNamespaces);
}

// What the exporter shows for an object, and the size that follows from it.
Replicas SizeOf(std::size_t object) {
  return static_cast<Replicas>(2 + object % 40);
}

std::string Exposition(std::size_t objects) {
  std::string text = "# TYPE load gauge\n";
  for (std::size_t i = 0; i < objects; ++i)
    text +=
        fmt::format("load{{namespace=\"{}\",app=\"a{}\"}} {}\n", Namespace(i), i, 100 * SizeOf(i));
  return text;
}

std::shared_ptr<const WorkloadView> ViewOf(std::size_t object) {
  auto spec = std::make_shared<WorkloadSpec>();
  spec->ns = Namespace(object);
  spec->name = fmt::format("a{}", object);
  spec->uid = fmt::format("uid-{}", object);
  spec->target = {"apps/v1", "Deployment", spec->name};
  spec->min_replicas = 1;
  spec->max_replicas = 100;
  spec->period = seconds(1);
  spec->timeout = std::chrono::milliseconds(900);
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = "load";
  metric.source = {"ClusterMetricSource", "prom"};
  metric.query = "load_of{app=\"${target}\"}";
  metric.target = {TargetType::kAverageValue, std::nullopt, *Quantity::Parse("100"), std::nullopt};
  spec->metrics = {metric};
  auto view = std::make_shared<WorkloadView>();
  view->spec = std::move(spec);
  view->scale.status = ScaleStatus::kKnown;
  view->scale.spec_replicas = 1;
  view->scale.status_replicas = 1;
  return view;
}

class Cluster final : public ClusterView {
 public:
  explicit Cluster(std::size_t objects) : objects_(objects) {}
  std::vector<WorkloadUpdate> TakeChanges() override {
    std::vector<WorkloadUpdate> updates;
    for (; given_ < objects_; ++given_)
      updates.push_back({WorkloadId{static_cast<std::uint32_t>(given_)}, ViewOf(given_)});
    return updates;
  }

 private:
  const std::size_t objects_;
  std::size_t given_ = 0;
};

// What has been decided since Reset(); read by another thread.
class Counts final : public Journal {
 public:
  void RecordDecision(const Decision& decision, const WorkloadView& /*view*/) override {
    ++decisions;
    if (!decision.known) {
      ++unknown;
    } else if (decision.recommended != SizeOf(decision.workload.index)) {
      ++wrong;
    }
  }
  void RecordOutcome(const ScaleOutcome& /*outcome*/, Timestamp /*at*/) override {}
  void RecordGone(WorkloadId /*workload*/) override {}
  void RecordTick(const TickReport& /*report*/) override {}
  void Reset() { decisions = unknown = wrong = 0; }

  std::atomic<std::size_t> decisions = 0;
  std::atomic<std::size_t> unknown = 0;
  std::atomic<std::size_t> wrong = 0;
};

ResolvedSource SourceAt(const std::string& url) {
  ResolvedSource source;
  source.spec.name = "prom";
  source.spec.type = "Prometheus";
  source.spec.endpoint = url;
  source.spec.max_series = 20'000;
  source.spec.max_response_bytes = 16U << 20U;
  source.spec.prometheus =
      PrometheusSource{.queries = PrometheusSource::Queries::kOwnGroups,
                       .groups = {{.name = "load_of",
                                   .query = "sum by (namespace, app) (load)",
                                   .by = {"namespace", "app"},
                                   .timestamp = "min by (namespace, app) (timestamp(load))"}}};
  return source;
}

// The instant queries that Prometheus says it has answered.
double QueriesOf(CurlClient& http, Clock& clock, const std::string& url) {
  HttpRequest request;
  request.url = url + "/metrics";
  request.max_response_bytes = 16U << 20U;
  const auto answer = http.SendAll({&request, 1}, clock.Now() + seconds(10)).front();
  double sum = 0;
  if (!answer) return sum;
  constexpr std::string_view kName = "prometheus_http_requests_total{";
  const std::string& body = answer->body;
  for (std::size_t at = body.find(kName); at != std::string::npos; at = body.find(kName, at + 1)) {
    const std::string line = body.substr(at, body.find('\n', at) - at);
    if (line.find("handler=\"/api/v1/query\"") == std::string::npos) continue;
    sum += std::strtod(line.substr(line.find('}') + 1).c_str(), nullptr);
  }
  return sum;
}

struct Figures {
  double requests = 0;  // All of these a second.
  double decisions = 0;
  double unknown = 0;
  double wrong = 0;
  double engine_cores = 0;
  double prometheus_cores = 0;
  double resident_mib = 0;
};

int Report(const Figures& figures, std::size_t objects) {
  const bool few = figures.requests <= kRequestsMost;
  const bool on_time = figures.decisions >= kOnTimeLeast * static_cast<double>(objects);
  const bool right = figures.unknown == 0 && figures.wrong == 0;
  std::cout << fmt::format(
      "objects                     {}\n"
      "HTTP requests a second      {:.1f}  (bar {}: {})\n"
      "evaluations a second        {:.0f}  ({})\n"
      "unknown, wrong a second     {:.1f}, {:.1f}  ({})\n"
      "engine and exporter         {:.2f} cores, {:.0f} MiB\n"
      "Prometheus                  {:.2f} cores\n",
      objects, figures.requests, kRequestsMost, few ? "kept" : "MISSED", figures.decisions,
      on_time ? "kept" : "MISSED", figures.unknown, figures.wrong, right ? "kept" : "MISSED",
      figures.engine_cores, figures.resident_mib, figures.prometheus_cores);
  return few && on_time && right ? 0 : 2;
}

int Run(std::size_t objects, int length) {
  if (test::PrometheusProcess::Find().empty()) {
    std::cerr << "SKIPPED: groups: no prometheus in PATH\n";
    return 77;
  }
  const std::string exposition = Exposition(objects);
  const test::ScriptedServer exporter([&](const test::ScriptedRequest&) {
    test::ScriptedAnswer answer;
    answer.content_type = "text/plain; version=0.0.4";
    answer.body = exposition;
    return answer;
  });
  test::PrometheusProcess::Options options;
  options.targets = {fmt::format("127.0.0.1:{}", exporter.port())};
  const auto prometheus = test::PrometheusProcess::Start(options);
  if (!prometheus) {
    std::cerr << prometheus.error().message << "\n";
    return 1;
  }

  SystemClock clock;
  SystemClock side_clock;
  CurlClient http(side_clock);
  SerialExecutor executor;
  NullTelemetry telemetry;
  CollectorRegistry registry;
  collectors::RegisterBuiltinCollectors(registry);
  const CollectorDeps deps{http, executor};
  CollectorRunner runner({}, side_clock, telemetry, [&] { clock.Wake(); });
  const Status made = runner.SetSource(
      kSource, MakeRunnable(SourceAt((*prometheus)->url()), registry, deps, nullptr));
  if (!made) {
    std::cerr << made.error().message << "\n";
    return 1;
  }
  Cluster cluster(objects);
  DryRunActuator actuator;
  Counts counts;
  Engine engine({}, {clock, cluster, runner, actuator, counts, executor},
                policies::MakeBuiltinPolicies);
  std::jthread ticking([&](const std::stop_token& stop) { engine.Run(stop); });

  // The first scrape takes its time, and so does the first round.
  const Timestamp give_up = side_clock.Now() + kPatience;
  do {
    counts.Reset();
    (void)side_clock.WaitUntil(side_clock.Now() + seconds(2), {});
  } while ((counts.decisions == 0 || counts.unknown > 0) && side_clock.Now() < give_up);

  const double queries = QueriesOf(http, side_clock, (*prometheus)->url());
  const ProcessUsage ours = ProcessUsage::Of(::getpid());
  const ProcessUsage theirs = ProcessUsage::Of((*prometheus)->pid());
  counts.Reset();
  const Timestamp begin = side_clock.Now();
  (void)side_clock.WaitUntil(begin + seconds(length), {});
  const double took = std::chrono::duration<double>(side_clock.Now() - begin).count();
  Figures figures;
  figures.decisions = static_cast<double>(counts.decisions) / took;
  figures.unknown = static_cast<double>(counts.unknown) / took;
  figures.wrong = static_cast<double>(counts.wrong) / took;
  const ProcessUsage ours_now = ProcessUsage::Of(::getpid());
  figures.engine_cores = (ours_now.cpu_seconds - ours.cpu_seconds) / took;
  figures.resident_mib = ours_now.resident_bytes / (1U << 20U);
  figures.prometheus_cores =
      (ProcessUsage::Of((*prometheus)->pid()).cpu_seconds - theirs.cpu_seconds) / took;
  figures.requests = (QueriesOf(http, side_clock, (*prometheus)->url()) - queries) / took;
  return Report(figures, objects);
}

}  // namespace
}  // namespace hpaplus::bench

int main(int argc, char** argv) {
  const int objects = argc > 1 ? std::atoi(argv[1]) : 10'000;
  const int length = argc > 2 ? std::atoi(argv[2]) : 30;
  if (objects < 1 || objects > 20'000 || length < 1 || length > 600) {
    std::cerr << "usage: hpaplus_groups [OBJECTS up to 20000 [SECONDS up to 600]]\n";
    return 1;
  }
  return hpaplus::bench::Run(static_cast<std::size_t>(objects), length);
}
