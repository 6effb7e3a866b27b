// The contract of Collector, run by those that need no HTTP client, or a pod to ask.

#include <optional>

#include "collectors/file_document.h"
#include "collectors/kubelet.h"
#include "collectors/pod_count.h"
#include "collectors/push.h"
#include "collectors/schedule.h"
#include "collectors/scrape.h"
#include "test/contract/collector_contract.h"
#include "test/support/fake_http_client.h"
#include "test/support/fake_kubelets.h"
#include "test/support/fake_pod_directory.h"
#include "test/support/kubelet_page.h"
#include "test/support/manual_clock.h"

namespace hpaplus::test {
namespace {

constexpr int kQuestions = 4;

struct LocalRig {
  FakeHttpClient http;
  SerialExecutor executor;
  std::unique_ptr<Collector> collector;

  static bool AnswerBytes(const std::string& /*bytes*/) { return false; }
  [[nodiscard]] static std::optional<Timestamp> deadline() { return std::nullopt; }
  static MetricQuery Query(int i) { return {.ns = "shop", .expression = "q" + std::to_string(i)}; }
};

struct ScheduleRig : LocalRig {
  static constexpr std::string_view kSourceType = "Cron";

  ScheduleRig() { AnswerAll(); }

  void AnswerAll() { Open(-1); }
  void Fail(int i) { Open(i); }
  [[nodiscard]] std::size_t asked() const { return http.seen.size(); }

 private:
  void Open(int missing) {
    ResolvedSource source;
    source.spec.cron = CronSource{*TimeZone::Load("UTC"), {}};
    const Cron daily = *ParseCron("0 8 * * *");
    for (int i = 0; i < kQuestions; ++i) {
      if (i != missing) source.spec.cron->windows.push_back({Query(i).expression, daily, daily, i});
    }
    collector = std::move(*collectors::ScheduleCollector::Create(source, {http, executor}));
  }
};

struct PodCountRig : LocalRig {
  static constexpr std::string_view kSourceType = "Workload";

  struct Pods final : PodDirectory {
    std::string unknown;
    mutable std::size_t asked = 0;
    [[nodiscard]] Result<std::vector<PodAddress>> Select(
        std::string_view /*ns*/, const LabelSelector& selector) const override {
      ++asked;
      if (selector.match_expressions.at(0).key != unknown) return std::vector<PodAddress>(2);
      return Error{ErrorCode::kUnavailable, "not read yet"};
    }
  };
  Pods pods;

  PodCountRig() {
    collector = std::move(*collectors::PodCountCollector::Create({}, {http, executor, &pods}));
  }
  void AnswerAll() { pods.unknown.clear(); }
  void Fail(int i) { pods.unknown = Query(i).expression; }
  [[nodiscard]] std::size_t asked() const { return pods.asked; }
};

struct ScrapeRig : LocalRig {
  static constexpr std::string_view kSourceType = "Scrape";

  FakePodDirectory pods;
  std::string failing;

  // Every question comes from a namespace of its own, with one pod.
  static MetricQuery Query(int i) { return {.ns = "ns" + std::to_string(i), .expression = "load"}; }
  ScrapeRig() {
    ResolvedSource source;
    source.spec.scrape = ScrapeSource{.port = 8080};
    for (int i = 0; i < kQuestions; ++i) {
      PodAddress pod{.name = "web-1", .ip = "10.0.0." + std::to_string(i), .node = "n"};
      pod.phase = PodPhase::kRunning;
      pod.ready = true;
      pods.pods[Query(i).ns] = {{pod, {}}};
    }
    collector = std::move(*collectors::ScrapeCollector::Factory()(source, {http, executor, &pods}));
  }
  void AnswerAll() { Answer("none"); }
  void Fail(int i) { Answer("10.0.0." + std::to_string(i) + ":"); }
  bool AnswerBytes(const std::string& bytes) {
    http.AnswerAlways(bytes, 200, "text/plain");
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return http.seen.size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() const { return http.deadline; }

 private:
  void Answer(const std::string& refused) {
    http.answer = [refused](const HttpRequest& request) -> Result<HttpResponse> {
      if (request.url.find(refused) != std::string::npos) return HttpResponse{500, {}, ""};
      return HttpResponse{200, {{"content-type", "text/plain"}}, "load 1\n"};
    };
  }
};

struct FileRig : LocalRig {
  static constexpr std::string_view kSourceType = "File";

  struct Files final : MetricFiles {
    std::string text;
    mutable std::size_t asked = 0;
    [[nodiscard]] Result<MetricFile> Read(std::string_view /*ns*/, std::string_view /*path*/,
                                          std::size_t /*bytes_most*/) const override {
      ++asked;
      return MetricFile{text, Timestamp()};
    }
  };
  Files files;

  FileRig() {
    ResolvedSource source;
    source.spec.file = FileSource{"queue.json"};
    CollectorDeps deps{http, executor};
    deps.files = &files;
    collector = std::move(*collectors::FileDocumentCollector::Create(source, deps));
  }
  void AnswerAll() { Fail(-1); }
  void Fail(int missing) {
    files.text = R"({"other":0)";
    for (int i = 0; i < kQuestions; ++i) {
      if (i != missing) files.text += ",\"" + Query(i).expression + "\":1";
    }
    files.text += "}";
  }
  bool AnswerBytes(const std::string& bytes) {
    files.text = bytes;
    return true;
  }
  [[nodiscard]] std::size_t asked() const { return files.asked; }
};

struct PushRig : LocalRig {
  static constexpr std::string_view kSourceType = "Push";

  struct Pushed final : PushedSamples {
    mutable std::size_t asked = 0;
    [[nodiscard]] Result<std::shared_ptr<const PushedCatalog>> Catalog(
        const SourceName& /*source*/) const override {
      ++asked;
      auto catalog = std::make_shared<PushedCatalog>();
      for (std::uint64_t i = 0; i < kQuestions; ++i) {
        catalog->series.push_back(
            {i, std::make_shared<const Labels>(Labels{{"__name__", "q" + std::to_string(i)}})});
      }
      return std::shared_ptr<const PushedCatalog>(std::move(catalog));
    }
    [[nodiscard]] std::vector<std::vector<TimedValue>> Read(
        const SourceName& /*source*/, std::span<const std::uint64_t> series,
        std::size_t /*newest_most*/) const override {
      return std::vector<std::vector<TimedValue>>(series.size(), {{Timestamp(), 1}});
    }
  };
  Pushed pushed;
  static inline int failing = -1;

  PushRig() {
    failing = -1;
    CollectorDeps deps{http, executor};
    deps.pushed = &pushed;
    collector = std::move(*collectors::PushCollector::Create({}, deps));
  }
  // What others have sent cannot fail; only a question can be wrong.
  static MetricQuery Query(int i) {
    MetricQuery query = LocalRig::Query(i);
    if (i == failing) query.expression = "sum(";
    return query;
  }
  static void AnswerAll() { failing = -1; }
  static void Fail(int i) { failing = i; }
  [[nodiscard]] std::size_t asked() const { return pushed.asked; }
};

struct KubeletRig : LocalRig {
  static constexpr std::string_view kSourceType = "kubelet";

  ManualClock clock{Timestamp(std::chrono::seconds(1'700'000'000))};
  FakeKubelets kubelets;
  FakePodDirectory pods;

  // Every question is about one pod, on a node of its own.
  static MetricQuery Query(int i) {
    return {.type = MetricType::kResource, .ns = "ns" + std::to_string(i), .pod_selector = "a=b"};
  }
  KubeletRig() {
    for (int i = 0; i < kQuestions; ++i) {
      PodAddress pod{.name = "web-1", .node = "n" + std::to_string(i)};
      pods.pods[Query(i).ns] = {{pod, {{"a", "b"}}}};
    }
    const auto board = collectors::KubeletBoard::Create({.share_for = Duration(0)},
                                                        kubelets.AsFunction(), clock, executor);
    collector = std::make_unique<collectors::KubeletCollector>(board, pods);
    AnswerAll();
  }
  void AnswerAll() {
    for (int i = 0; i < kQuestions; ++i)
      Show(i, KubeletPageText().Memory(Query(i).ns, "web-1", 5, clock.Now()).Resource());
  }
  void Fail(int i) { Show(i, Error{ErrorCode::kUnavailable, "refused"}); }
  bool AnswerBytes(const std::string& bytes) {
    for (int i = 0; i < kQuestions; ++i)
      Show(i, bytes);
    return true;
  }
  [[nodiscard]] std::size_t asked() { return kubelets.seen().size(); }
  [[nodiscard]] std::optional<Timestamp> deadline() { return kubelets.deadline(); }

 private:
  void Show(int i, Result<std::string> body) {
    kubelets.Show("n" + std::to_string(i) + "/metrics/resource", std::move(body));
  }
};

using Rigs = testing::Types<ScheduleRig, PodCountRig, ScrapeRig, FileRig, PushRig, KubeletRig>;

class RigNames {
 public:
  template <class Rig>
  static std::string GetName(int /*index*/) {
    return std::string(Rig::kSourceType);
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Local, CollectorContract, Rigs, RigNames);

}  // namespace
}  // namespace hpaplus::test
