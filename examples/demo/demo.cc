// The demo: a recorded load at high speed, a real Prometheus, and the real engine in a process of
// its own, in the embedded cluster or in the one that a kubeconfig names.

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <mutex>
#include <thread>

#include <fmt/core.h>
#include <unistd.h>

#include "engine/base/mutex.h"
#include "engine/model/crds.h"
#include "engine/shell/signals.h"
#include "engine/shell/system_clock.h"
#include "examples/demo/board.h"
#include "examples/demo/cluster.h"
#include "examples/demo/load_service.h"
#include "examples/demo/scoreboard.h"
#include "examples/demo/trace.h"
#include "test/support/child_process.h"
#include "test/support/prometheus_process.h"

namespace hpaplus::demo {
namespace {

namespace fs = std::filesystem;

constexpr auto kFrame = std::chrono::milliseconds(250);
constexpr auto kSettle = std::chrono::minutes(1);  // For everything to be up.
constexpr const char* kNamespace = "hpaplus-demo";
constexpr const char* kCpuService = "render";  // Its pods do nothing: its CPU usage is made up.

struct Service {
  std::string name;
  std::string signal;
  double scale;   // Of the recorded requests per second.
  double offset;  // Share of the trace by which this service is ahead of the recording.
  double target;  // Load per replica.
};

const std::vector<Service> kServices = {
    {"checkout", "rps, Prometheus, 1s", 1.0, 0.0, 100},
    {"mailer", "queue, HTTP monitor, 1s", 0.25, 0.25, 40},
    {kCpuService, "cpu, metrics.k8s.io, 5s", 1.0 / 200, 0.5, 0.5},
};

struct Options {
  std::string hpaplus;     // The engine's binary.
  std::string here;        // The directory of the manifests and the trace.
  std::string kubeconfig;  // Empty: the embedded cluster.
  std::string context;
  Duration length = std::chrono::seconds(60);
};

int Fail(const std::string& what) {
  std::cerr << "demo: " << what << "\n";
  return 1;
}

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Replace(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Leaves out the YAML documents that hold `text`.
std::string WithoutDocuments(const std::string& yaml, const std::string& text) {
  constexpr std::string_view kSeparator = "---\n";
  std::string rest;
  for (std::size_t begin = 0; begin < yaml.size();) {
    const std::size_t end = std::min(yaml.find(kSeparator, begin), yaml.size());
    const std::string document = yaml.substr(begin, end - begin);
    if (document.find(text) == std::string::npos) rest += document + std::string(kSeparator);
    begin = end + kSeparator.size();
  }
  return rest;
}

// Everything that runs while the demo does, in the order in which it is started.
class Demo {
 public:
  explicit Demo(const Options& options)
      : options_(options),
        work_(fs::temp_directory_path() / ("hpaplus-demo-" + std::to_string(getpid()))) {
    fs::create_directories(work_);
    // In a cluster of somebody's own nothing that is there may be touched.
    if (!options.kubeconfig.empty()) {
      const auto now = clock_.Now().time_since_epoch();
      namespace_ +=
          fmt::format("-{:x}", std::chrono::floor<std::chrono::milliseconds>(now).count());
    }
  }

  ~Demo() {
    watcher_.request_stop();
    if (watcher_.joinable()) watcher_.join();
    if (applied_ && !options_.kubeconfig.empty()) cluster_->DeleteNamespace(namespace_);
    engine_.reset();
    prometheus_.reset();
    std::error_code ignored;
    if (keep_logs_) {
      std::cerr << "demo: logs are in " << work_.string() << "\n";
    } else {
      fs::remove_all(work_, ignored);
    }
  }

  Status Start() {
    auto trace =
        Trace::Parse(ReadFile(fs::path(options_.here) / "trace/wc98.csv"), options_.length);
    if (!trace) return trace.error();
    trace_.emplace(std::move(*trace));

    if (!options_.kubeconfig.empty()) {
      if (auto connected = Connect(); !connected) return connected.error();
    }
    const std::vector<std::string> names = ChooseServices();
    auto load = LoadService::Start(names);
    if (!load) return load.error();
    load_ = std::move(*load);
    FollowTrace({});

    auto prometheus =
        test::PrometheusProcess::Start({.targets = {"127.0.0.1:" + std::to_string(load_->port())}});
    if (!prometheus) return prometheus.error();
    prometheus_ = std::move(*prometheus);

    if (auto started = StartEngine(); !started) return started.error();
    if (options_.kubeconfig.empty()) {
      if (auto connected = Connect(); !connected) return connected.error();
    }
    if (auto applied = ApplyManifests(); !applied) return applied.error();
    watcher_ = std::jthread([this](const std::stop_token& stop) {
      cluster_->WatchDeployments(
          namespace_, [this](const Seen& seen) { Note(seen); }, stop);
    });
    return WaitUntilScaled();
  }

  Status Run() {
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    std::cout << fmt::format(
        "  {} at {:.0f} times the speed; {}; Prometheus and engine for real.\n",
        "Four recorded hours of the 1998 World Cup's web site", trace_->speed(),
        embedded_ ? "embedded cluster" : "your cluster, namespace " + namespace_);
    if (!embedded_) {
      std::cout << "  Without render, whose CPU usage only the embedded cluster can make up.\n";
    }
    const Timestamp begin = clock_.Now();
    Timestamp next_line = begin;
    for (Timestamp now = begin; now < begin + options_.length; now = clock_.Now()) {
      FollowTrace(now - begin);
      if (terminal || now >= next_line) {
        Draw(terminal, now - begin);
        next_line += std::chrono::seconds(terminal ? 1 : 5);
      }
      if (WaitForSignal(kFrame) != 0) return Error{ErrorCode::kGone, "stopped"};
      if (!engine_->running()) return Error{ErrorCode::kGone, "the engine has ended"};
    }
    std::cout << DrawSummary(Rows(false), options_.length,
                             embedded_ ? "starting in about 1 s" : "starting as they do there");
    if (!options_.kubeconfig.empty()) {
      std::cout << "  The namespace is being deleted; HPAPlus's resource definitions stay.\n";
    }
    return Done{};
  }

  void KeepLogs() { keep_logs_ = true; }

 private:
  std::string KubeconfigFile() const {
    return options_.kubeconfig.empty() ? (work_ / "kubeconfig").string() : options_.kubeconfig;
  }

  Status Connect() {
    auto cluster = DemoCluster::Connect(KubeconfigFile(), options_.context);
    if (!cluster) return cluster.error();
    cluster_ = std::move(*cluster);
    embedded_ = cluster_->is_embedded();
    return Done{};
  }

  // Gives their names.
  std::vector<std::string> ChooseServices() {
    std::vector<std::string> names;
    const MutexLock lock(mutex_);
    for (const Service& service : kServices) {
      if (!embedded_ && service.name == kCpuService) continue;
      services_.push_back(service);
      scores_.emplace_back(service.target);
      names.push_back(service.name);
    }
    return names;
  }

  Status StartEngine() {
    const std::string config = (work_ / "config.yaml").string();
    std::ofstream(config) << "apiVersion: autoscaling.hpaplus.io/v1alpha1\n"
                             "kind: ControllerConfiguration\n"
                             "http: {listen: \"127.0.0.1:0\"}\n"
                             "sources: {egress: {allow: [127.0.0.0/8]}}\n";
    std::vector<std::string> arguments = {options_.hpaplus, "run",         "--config",
                                          config,           "--namespace", namespace_};
    if (options_.kubeconfig.empty()) {
      arguments.insert(arguments.end(),
                       {"--cluster", "embedded", "--write-kubeconfig", KubeconfigFile()});
    } else {
      arguments.insert(arguments.end(), {"--kubeconfig", options_.kubeconfig});
      if (!options_.context.empty()) {
        arguments.insert(arguments.end(), {"--context", options_.context});
      }
    }
    auto engine = support::ChildProcess::Start(
        {.arguments = arguments, .output_file = (work_ / "engine.log").string()});
    if (!engine) return engine.error();
    engine_ = std::move(*engine);
    const Timestamp until = clock_.Now() + kSettle;
    while (!fs::exists(KubeconfigFile())) {
      if (!engine_->running() || clock_.Now() > until) {
        return Error{ErrorCode::kUnavailable, "the engine did not start"};
      }
      static_cast<void>(WaitForSignal(kFrame));
    }
    return Done{};
  }

  Status ApplyManifests() {
    for (const EmbeddedFile& crd : EmbeddedCrds()) {
      if (auto applied = cluster_->Apply(std::string(crd.text)); !applied) return applied.error();
    }
    applied_ = true;
    std::string manifests = ReadFile(fs::path(options_.here) / "manifests.yaml");
    Replace(manifests, std::string("namespace: ") + kNamespace, "namespace: " + namespace_);
    Replace(manifests, std::string("name: ") + kNamespace, "name: " + namespace_);
    if (!embedded_) {
      manifests = WithoutDocuments(manifests, std::string("name: ") + kCpuService);
      Replace(manifests, "cpu: \"1\"", "cpu: 10m");  // A hundred pods have to fit.
    }
    Replace(manifests, "PROMETHEUS", prometheus_->url());
    Replace(manifests, "LOAD_SERVICE", "http://127.0.0.1:" + std::to_string(load_->port()));
    return cluster_->Apply(manifests);
  }

  // The first sizes take Prometheus' first scrapes and the pods' start; they are no reactions.
  Status WaitUntilScaled() {
    const Timestamp until = clock_.Now() + kSettle;
    while (clock_.Now() < until) {
      if (WaitForSignal(kFrame) != 0) return Error{ErrorCode::kGone, "stopped"};
      if (!engine_->running()) return Error{ErrorCode::kUnavailable, "the engine has ended"};
      FollowTrace({});
      const MutexLock lock(mutex_);
      if (scores_[0].written() >= scores_[0].needed() &&
          scores_[1].written() >= scores_[1].needed()) {
        for (std::size_t i = 0; i < scores_.size(); ++i)
          scores_[i].Begin();
        return Done{};
      }
    }
    return Error{ErrorCode::kDeadlineExceeded, "nothing was scaled within a minute"};
  }

  void FollowTrace(Duration elapsed) {
    for (std::size_t i = 0; i < services_.size(); ++i) {
      const Service& service = services_[i];
      const auto ahead = std::chrono::duration_cast<Duration>(options_.length * service.offset);
      const double load = trace_->At((elapsed + ahead) % options_.length) * service.scale;
      load_->Set(i, load);
      if (service.name == kCpuService && cluster_) {
        cluster_->SetCpuTotal(namespace_, service.name, load);
      }
      const MutexLock lock(mutex_);
      scores_[i].Load(load, clock_.Now());
    }
  }

  void Note(const Seen& seen) {
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < services_.size(); ++i) {
      if (services_[i].name != seen.name) continue;
      scores_[i].Written(seen.replicas, clock_.Now());
      scores_[i].Ready(seen.ready, clock_.Now());
    }
  }

  std::vector<Row> Rows(bool with_why) {
    std::vector<std::string> why(services_.size());
    for (std::size_t i = 0; with_why && i < services_.size(); ++i)
      why[i] = cluster_->LastWhy(namespace_, services_[i].name);
    const MutexLock lock(mutex_);
    shown_ = scores_;
    std::vector<Row> rows;
    for (std::size_t i = 0; i < services_.size(); ++i) {
      rows.push_back({services_[i].name, services_[i].signal, services_[i].target, &shown_[i],
                      std::move(why[i])});
    }
    return rows;
  }

  void Draw(bool terminal, Duration elapsed) {
    const std::vector<Row> rows = Rows(true);
    const std::string board = DrawBoard(rows, elapsed, options_.length);
    if (terminal && drawn_) {
      std::cout << "\x1b[" << rows.size() + 3 << "A\x1b[J";  // Up over the last board; erase it.
    }
    drawn_ = true;
    std::cout << board << std::flush;
  }

  SystemClock clock_;
  const Options options_;
  const fs::path work_;
  bool keep_logs_ = false;
  std::string namespace_ = kNamespace;
  bool applied_ = false;  // Something may be in the namespace.
  bool embedded_ = true;  // Until the kubeconfig's cluster turns out to be another.
  std::vector<Service> services_;
  bool drawn_ = false;
  std::optional<Trace> trace_;
  std::unique_ptr<LoadService> load_;
  std::unique_ptr<test::PrometheusProcess> prometheus_;
  std::unique_ptr<support::ChildProcess> engine_;
  std::unique_ptr<DemoCluster> cluster_;
  Mutex mutex_;
  std::vector<Scoreboard> scores_ HPAPLUS_GUARDED_BY(mutex_);
  std::vector<Scoreboard> shown_;
  std::jthread watcher_;  // Last: it calls back into this object.
};

}  // namespace
}  // namespace hpaplus::demo

int main(int argc, char** argv) {
  hpaplus::BlockSignals();
  using hpaplus::demo::Fail;
  hpaplus::demo::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const bool has_value = i + 1 < argc;
    if (flag == "--hpaplus" && has_value) {
      options.hpaplus = argv[++i];
    } else if (flag == "--data" && has_value) {
      options.here = argv[++i];
    } else if (flag == "--kubeconfig" && has_value) {
      options.kubeconfig = argv[++i];
    } else if (flag == "--context" && has_value) {
      options.context = argv[++i];
    } else if (flag == "--seconds" && has_value && std::atoi(argv[i + 1]) >= 10) {
      options.length = std::chrono::seconds(std::atoi(argv[++i]));
    } else {
      std::cerr << "usage: hpaplus-demo --hpaplus BINARY --data DIRECTORY [--kubeconfig FILE]\n"
                   "                    [--context C] [--seconds N, at least 10]\n";
      return 64;
    }
  }
  if (options.hpaplus.empty() || options.here.empty()) return Fail("see examples/demo/run");

  hpaplus::demo::Demo demo(options);
  for (const auto step : {&hpaplus::demo::Demo::Start, &hpaplus::demo::Demo::Run}) {
    if (const auto done = (demo.*step)(); !done) {
      demo.KeepLogs();
      return Fail(done.error().message);
    }
  }
  return 0;
}
