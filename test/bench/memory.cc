// What an object and a pod cost in memory at rest: everything that the controller keeps of them, in
// the tables that its watches fill, in the engine, and for statuses and events. The cluster's JSON
// is read by the code that reads it live; the metric's answers are numbers from nowhere.
//
//   hpaplus_memory [--objects N] [--pods N]
//
// Exit codes: 0 both bars are kept; 2 one is missed; 64 wrong usage.

#include <charconv>
#include <cmath>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <jemalloc/jemalloc.h>

#include "engine/app/journal_fanout.h"
#include "engine/base/hash.h"
#include "engine/kube/kube_cluster_view.h"
#include "engine/kube/kube_journal.h"
#include "engine/loop/engine.h"
#include "engine/shell/prometheus_telemetry.h"
#include "policies/builtin.h"
#include "test/support/fake_kube_api.h"
#include "test/support/manual_clock.h"

namespace hpaplus::bench {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kObjectMost = 4096;  // Bytes.
constexpr double kPodMost = 200;

struct Options {
  std::size_t objects = 8'000;
  std::size_t pods = 20;  // Of each object.
};

std::size_t HeapBytes() {
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  (void)mallctl("epoch", &epoch, &size, &epoch, size);
  std::size_t allocated = 0;
  size = sizeof allocated;
  (void)mallctl("stats.allocated", &allocated, &size, nullptr, 0);
  return allocated;
}

std::string NameOf(std::size_t object) {
  return fmt::format("checkout-{:05}", object);
}

std::string Uid(std::string_view of) {
  const std::uint64_t hash = Fnv1a(of);
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", hash & 0xffffffffU,
                     hash >> 32U & 0xffffU, hash >> 48U & 0xfffU, hash >> 52U & 0xfffU,
                     hash * 31 & 0xffffffffffffU);
}

std::string Deployment(std::size_t object, std::size_t replicas) {
  return fmt::format(
      R"({{"metadata":{{"name":"{0}","namespace":"shop","uid":"{1}","resourceVersion":"{2}",)"
      R"("generation":1}},"spec":{{"replicas":{3},"selector":{{"matchLabels":{{"app":"{0}"}}}}}},)"
      R"("status":{{"replicas":{3}}}}})",
      NameOf(object), Uid("deployment " + NameOf(object)), 100'000 + object, replicas);
}

std::string HpaPlus(std::size_t object) {
  return fmt::format(
      R"({{"metadata":{{"name":"{0}","namespace":"shop","uid":"{1}","resourceVersion":"{2}",)"
      R"("generation":1}},"spec":{{"scaleTargetRef":{{"apiVersion":"apps/v1",)"
      R"("kind":"Deployment","name":"{0}"}},"minReplicas":1,"maxReplicas":1000,)"
      R"("evaluation":{{"period":"1s"}},"metrics":[{{"name":"requests","type":"Source",)"
      R"("source":{{"ref":{{"name":"prometheus"}},)"
      R"-("query":"sum(rate(http_requests_total{{app=\"{0}\"}}[1m]))",)-"
      R"("target":{{"type":"AverageValue","averageValue":"10"}}}}}}],)"
      R"("behavior":{{"scaleDown":{{"policies":[{{"type":"Percent","value":10,)"
      R"("periodSeconds":60}}]}}}}}}}})",
      NameOf(object), Uid(NameOf(object)), 200'000 + object);
}

std::string Pod(std::size_t object, std::size_t pod) {
  const std::string name = fmt::format("{}-7d9f8b6c5d-{:05x}", NameOf(object), pod);
  return fmt::format(
      R"({{"metadata":{{"name":"{0}","namespace":"shop","uid":"{1}","resourceVersion":"{2}",)"
      R"("labels":{{"app":"{3}","pod-template-hash":"7d9f8b6c5d"}}}},)"
      R"("spec":{{"nodeName":"node-1","containers":[{{"name":"app","resources":)"
      R"({{"requests":{{"cpu":"500m","memory":"256Mi"}}}}}}]}},"status":{{"phase":"Running",)"
      R"("startTime":"2026-01-01T00:00:00Z","conditions":[{{"type":"Ready","status":"True",)"
      R"("lastTransitionTime":"2026-01-01T00:00:10Z"}}]}}}})",
      name, Uid(name), 300'000 + object * 100 + pod, NameOf(object));
}

// Answers every question at once, with what the size is right for.
class Numbers final : public MetricFeed, public Actuator {
 public:
  Numbers(Clock& clock, double number) : clock_(clock), number_(number) {}

  void Start(std::span<const ReadRequest> requests) override {
    for (const ReadRequest& request : requests) {
      Reading one;
      one.received = clock_.Now();
      one.values.push_back({clock_.Now(), number_, std::llround(number_ * 1000)});
      const ReadingResult reading = std::make_shared<const Reading>(std::move(one));
      arrived_.push_back({request.id, reading});
    }
  }
  std::vector<ReadResult> TakeArrived() override { return std::exchange(arrived_, {}); }

  void Start(ScaleCommand /*command*/) override { ++commands; }
  void Cancel(WorkloadId /*workload*/) override {}
  std::vector<ScaleOutcome> TakeOutcomes() override { return {}; }

  std::size_t commands = 0;

 private:
  Clock& clock_;
  const double number_;
  std::vector<ReadResult> arrived_;
};

// Everything that the live controller has between the API server and the metrics' sources.
class Controller {
 public:
  explicit Controller(double number) : numbers_(clock_, number) { view_.StartWatches(); }

  void List(const std::string& path, const std::vector<std::string>& objects) {
    (void)view_.RunChores(clock_.Now());
    api_.SinkOf(path).Replace(objects);
    (void)view_.RunChores(clock_.Now());
  }

  void RunFor(Duration time) {
    for (const Timestamp end = clock_.Now() + time; clock_.Now() < end;) {
      engine_.Tick();  // Asks,
      engine_.Tick();  // and decides.
      (void)statuses_.RunChores(clock_.Now());
      for (const auto& [request, on_done] : std::exchange(requests_, {}))
        on_done(std::string("{}"));
      clock_.Advance(std::chrono::milliseconds(100));
    }
  }

  [[nodiscard]] std::size_t commands() const { return numbers_.commands; }

 private:
  kube::KubeApi Api() {
    kube::KubeApi api = api_.Api();
    api.send = Send();
    return api;
  }
  kube::StatusWriter::Send Send() {
    return [this](kube::KubeRequest request, kube::KubeClient::OnDone on_done) {
      requests_.emplace_back(std::move(request), std::move(on_done));
    };
  }

  test::ManualClock clock_{Timestamp(std::chrono::days(20'458))};
  test::FakeKubeApi api_;
  std::vector<std::pair<kube::KubeRequest, kube::KubeClient::OnDone>> requests_;
  std::unique_ptr<PrometheusTelemetry> telemetry_ = PrometheusTelemetry::Create({});
  kube::KubeClusterView view_{{}, Api(), clock_, *telemetry_};
  Numbers numbers_;
  kube::StatusWriter statuses_{{}, Send(), view_, clock_};
  kube::EventWriter events_{{}, Send()};
  kube::KubeJournal kube_journal_{{}, statuses_, events_, view_};
  app::JournalFanout journal_{telemetry_.get(), &kube_journal_};
  SerialExecutor executor_;
  Engine engine_{
      {}, {clock_, view_, numbers_, numbers_, journal_, executor_}, policies::MakeBuiltinPolicies};
};

template <class F>
std::vector<std::string> Texts(std::size_t count, F&& text) {
  std::vector<std::string> texts;
  texts.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    texts.push_back(text(i));
  return texts;
}

// What the heap has grown by, since the last time.
class Meter {
 public:
  double Tell(std::string_view what, double count) {
    const std::size_t now = HeapBytes();
    const double grown = static_cast<double>(now) - static_cast<double>(last_);
    last_ = now;
    std::cout << fmt::format("{:<44} {:>8.1f} MiB {:>8.0f} B each\n", what, grown / (1U << 20U),
                             grown / count);
    return grown;
  }

 private:
  std::size_t last_ = HeapBytes();
};

bool Say(std::string_view what, double bytes, double most) {
  const bool kept = bytes <= most;
  std::cout << fmt::format("{:<44} {:>8.0f} B, at most {:.0f}{}\n", what, bytes, most,
                           kept ? "" : ": MISSED");
  return kept;
}

int Run(const Options& options) {
  const auto objects = static_cast<double>(options.objects);
  const double pods = objects * static_cast<double>(options.pods);
  Controller controller(10 * static_cast<double>(options.pods));
  Meter meter;
  controller.List("/apis/autoscaling.hpaplus.io/v1alpha1/hpapluses",
                  Texts(options.objects, HpaPlus));
  double object = meter.Tell("objects, as watched", objects);
  controller.List("/apis/apps/v1/deployments", Texts(options.objects, [&](std::size_t i) {
                    return Deployment(i, options.pods);
                  }));
  object += meter.Tell("their targets, as watched", objects);
  controller.List("/apis/autoscaling/v2/horizontalpodautoscalers", {});
  controller.List("/api/v1/pods", Texts(options.objects * options.pods, [&](std::size_t i) {
                    return Pod(i / options.pods, i % options.pods);
                  }));
  double pod = meter.Tell("pods, as watched", pods);
  // Of a view the pods' part is what it has of each.
  controller.RunFor(seconds(5));
  const double shown = pods * sizeof(std::shared_ptr<const hpaplus::Pod>);
  object += meter.Tell("engine, statuses and events after 5 s", objects) - shown;
  pod += shown;
  controller.RunFor(minutes(10));
  object += meter.Tell("and after 10 minutes", objects);
  if (controller.commands() > 0) {
    std::cerr << "memory: " << controller.commands() << " sizes moved, so this is not rest\n";
    return 1;
  }
  bool kept = Say("an object", object / objects, kObjectMost);
  kept &= Say("a pod", pod / pods, kPodMost);
  return kept ? 0 : 2;
}

bool Read(std::span<char*> arguments, Options& options) {
  for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view text = arguments[i + 1];
    if (name != "--objects" && name != "--pods") return false;
    std::size_t& number = name == "--pods" ? options.pods : options.objects;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || number == 0)
      return false;
  }
  return arguments.size() % 2 == 0;
}

}  // namespace
}  // namespace hpaplus::bench

int main(int argc, char** argv) {
  hpaplus::bench::Options options;
  if (!hpaplus::bench::Read(std::span(argv + 1, static_cast<std::size_t>(argc - 1)), options)) {
    std::cerr << "usage: hpaplus_memory [--objects N] [--pods N]\n";
    return 64;
  }
  return hpaplus::bench::Run(options);
}
