#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <thread>
#include <tuple>

#include <fmt/core.h>
#include <unistd.h>

#include "engine/api/decision_board.h"
#include "engine/api/quota_board.h"
#include "engine/app/commands.h"
#include "engine/app/config.h"
#include "engine/app/exit_codes.h"
#include "engine/app/journal_fanout.h"
#include "engine/app/live_pages.h"
#include "engine/app/live_world.h"
#include "engine/app/offline_objects.h"
#include "engine/app/offline_world.h"
#include "engine/app/quota_page.h"
#include "engine/app/scaler_endpoint.h"
#include "engine/app/version.h"
#include "engine/base/log.h"
#include "engine/embedded/embedded_cluster.h"
#include "engine/kube/open_access.h"
#include "engine/record/recent_decisions.h"
#include "engine/record/recorder.h"
#include "engine/record/watched_rounds.h"
#include "engine/rehearse/html_report.h"
#include "engine/rehearse/shadows.h"
#include "engine/shell/admin_server.h"
#include "engine/shell/cpu_budget.h"
#include "engine/shell/quota_telemetry.h"
#include "engine/shell/signals.h"
#include "policies/builtin.h"

namespace hpaplus::app {
namespace {

constexpr auto kApiServerPatience = std::chrono::seconds(10);
constexpr auto kBudgetCheckEvery = std::chrono::seconds(10);
constexpr auto kTickSilence = std::chrono::seconds(10);  // An engine silent for longer is ill.
constexpr unsigned kStopSeconds = 5;

// What would be open to the world in a pod is not on somebody's desk.
void StayLocal(ControllerConfig& config) {
  const ControllerConfig::Http elsewhere;
  if (config.http.host == elsewhere.host) config.http.host = "127.0.0.1";
  constexpr int kGrpcPort = 9443;
  if (!config.grpc.listen) config.grpc.listen.emplace("127.0.0.1", kGrpcPort);
  config.grpc.foreign_sources = true;  // All files are one person's.
}

std::optional<ControllerConfig> LoadConfig(const RunOptions& options, std::ostream& err) {
  ControllerConfig config;
  if (!options.config_file.empty()) {
    std::ifstream in(options.config_file);
    if (!in) {
      err << "hpaplus run: cannot read " << options.config_file << "\n";
      return std::nullopt;
    }
    const std::string text(std::istreambuf_iterator<char>(in), {});
    ConfigProblems problems;
    const auto parsed = ParseConfig(text, options.config_file, problems);
    for (const std::string& line : problems.lines)
      err << line << "\n";
    if (!parsed) return std::nullopt;
    config = *parsed;
  }
  if (!options.ns.empty()) config.kubernetes.ns = options.ns;
  if (options.dry_run) config.dry_run = true;
  if (!options.record.empty()) config.record.directory = options.record;
  config.sources.pod_metrics =
      ParsePodMetricsFrom(options.pod_metrics).value_or(config.sources.pod_metrics);
  if (!options.offline.empty()) StayLocal(config);
  std::optional<std::pair<std::string, int>> http(std::in_place, config.http.host,
                                                  config.http.port);
  const std::tuple<const char*, const std::string&, std::optional<std::pair<std::string, int>>&>
      addresses[] = {{"--http-listen", options.http_listen, http},
                     {"--grpc-listen", options.grpc_listen, config.grpc.listen},
                     {"--push-listen", options.push_listen, config.push.listen},
                     {"--otlp-listen", options.otlp_listen, config.push.otlp_listen}};
  for (const auto& [flag, text, address] : addresses) {
    if (text.empty()) continue;
    address = ParseListen(text);
    if (address) continue;
    err << "hpaplus run: " << flag << " wants HOST:PORT\n";
    return std::nullopt;
  }
  std::tie(config.http.host, config.http.port) = *http;
  if (const std::string problem = GrpcProblem(config.grpc); !problem.empty()) {
    err << "hpaplus run: --grpc-listen: grpc.tls: " << problem << "\n";
    return std::nullopt;
  }
  return config;
}

// The embedded cluster, when it is asked for, and the kubeconfig by which it is reached.
struct Embedded {
  std::unique_ptr<EmbeddedCluster> cluster;
  std::string kubeconfig;
};

Result<Embedded> StartEmbedded(const RunOptions& options, Clock& clock) {
  const auto address = ParseListen(options.embedded_listen);
  if (!address) return Error{ErrorCode::kInvalidArgument, "--embedded-listen wants HOST:PORT"};
  EmbeddedCluster::Config config;
  config.address = address->first;
  config.port = address->second;
  auto cluster = EmbeddedCluster::Start(config, clock);
  if (!cluster) return cluster.error();
  Embedded started{std::move(*cluster), options.write_kubeconfig};
  if (started.kubeconfig.empty()) {
    started.kubeconfig = fmt::format("/tmp/hpaplus-embedded-{}.kubeconfig", getpid());
  }
  if (auto written = started.cluster->WriteKubeconfig(started.kubeconfig); !written) {
    return written.error();
  }
  HPAPLUS_LOG(kInfo, "kubeconfig written", {{"file", started.kubeconfig}});
  return started;
}

// Remembers when the engine last ticked; /healthz asks.
class Pulse final : public Clock {
 public:
  explicit Pulse(Clock& clock) : clock_(clock), last_(clock.Now()) {}

  [[nodiscard]] Timestamp Now() override {
    const Timestamp now = clock_.Now();
    last_ = now;
    return now;
  }
  [[nodiscard]] bool WaitUntil(Timestamp deadline, std::stop_token stop) override {
    // Nothing to do for long is no illness.
    return clock_.WaitUntil(std::min(deadline, clock_.Now() + kTickSilence / 2), std::move(stop));
  }
  [[nodiscard]] Duration Age() { return clock_.Now() - last_.load(); }

 private:
  Clock& clock_;
  std::atomic<Timestamp> last_;
};

int Report(const Error& error, std::ostream& err) {
  err << "hpaplus run: " << error.message << "\n";
  return ExitCodeOf(error.code);
}

Engine::Config WithShares(Engine::Config engine, LiveWorld& live) {
  engine.share_for = [&live](const SourceName& source) { return live.ShareFor(source); };
  engine.past_of = [&live](const SourceName& source) { return live.PastOf(source); };
  return engine;
}

// Null where nothing is to be recorded.
Result<std::unique_ptr<record::Recorder>> StartRecorder(const ControllerConfig& config) {
  if (config.record.directory.empty()) return std::unique_ptr<record::Recorder>();
  record::Recorder::Config recorder;
  recorder.directory = config.record.directory;
  recorder.bytes_most = config.record.bytes_most;
  recorder.writer = "hpaplus " + std::string(Version());
  recorder.decide = EngineConfig(config).decide;
  return record::Recorder::Start(recorder);
}

// With the pages that are about decisions.
Result<std::unique_ptr<AdminServer>> StartAdmin(const ControllerConfig::Http& http,
                                                const LivePages& pages, AdminServer::Pages all) {
  all.json = [&pages](std::string_view path, const AdminServer::Query& query) {
    return pages.Answer(path, query);
  };
  if (http.page) {
    rehearse::LivePage page = rehearse::StatusPage();
    all.status = {std::move(page.html), std::move(page.policy)};
  }
  return AdminServer::Start({.host = http.host, .port = http.port, .names = http.names},
                            std::move(all));
}

// Whatever still hangs after the grace must not keep the process.
void EndWithin(unsigned seconds) {
  struct sigaction action {};
  action.sa_handler = [](int) { _exit(kExitTerminated); };
  sigaction(SIGALRM, &action, nullptr);
  alarm(seconds);
}

// Makes the world that the engine is to run in.
using Connect = std::function<Result<std::unique_ptr<LiveWorld>>(const LiveWorld::Ties&)>;

int RunUntilStopped(const ControllerConfig& config, const Connect& connect, std::ostream& err) {
  SystemClock clock;
  ShadowBook shadow_book;
  auto telemetry = PrometheusTelemetry::Create(
      {.version = Version(), .objects_max = config.http.objects_max, .shadows = &shadow_book});
  api::DecisionBoard board(&shadow_book);
  const auto recorder = StartRecorder(config);
  if (!recorder) return Report(recorder.error(), err);
  record::RecentDecisions recent({config.history.per_object, config.history.bytes_most});
  JournalFanout observers{&board};
  if (config.history.per_object > 0) observers.Add(recent);
  if (*recorder) observers.Add(**recorder);
  const auto quota_telemetry = QuotaTelemetry::Create({.lines_max = config.http.objects_max});
  api::QuotaBoard quota_board;
  QuotaJournalFanout quota_observers{quota_telemetry.get(), &quota_board};
  record::WatchedRounds watched({}, recorder->get());
  rehearse::Shadows shadows({.decide = EngineConfig(config).decide, .all = config.dry_run},
                            policies::MakeBuiltinPolicies, shadow_book, &watched);
  observers.Add(watched);
  observers.Add(shadows);
  SourceRelay sources;
  Result<std::unique_ptr<LiveWorld>> live = Error{};
  std::unique_ptr<ScalerEndpoint> scaler;  // Uses what is the world's, so it dies first.
  if (config.grpc.listen) scaler = ScalerEndpoint::Create(config, board, sources, *telemetry);
  live = connect({.clock = clock,
                  .telemetry = *telemetry,
                  .observer = observers,
                  .quotas = quota_observers,
                  .sources = sources,
                  .shadows = &shadow_book});
  if (!live) return Report(live.error(), err);

  Pulse pulse(clock);
  World world = (*live)->world();
  api::BoardedView view(world.cluster, board);
  Engine::Config engine_config = WithShares(EngineConfig(config), **live);
  engine_config.tap = &shadows;
  Engine engine(
      std::move(engine_config),
      {pulse, view, world.feed, world.actuator, world.journal, world.executor, world.quota},
      policies::MakeBuiltinPolicies);

  const auto unhealthy = [&pulse, &scaler]() -> std::string {
    if (pulse.Age() > kTickSilence) {
      return "the engine has not ticked for " + FormatDuration(pulse.Age());
    }
    const std::string deaf = scaler ? scaler->state().problem : "";
    return deaf.empty() ? "" : "scaler: " + deaf;
  };
  const LivePages pages(
      {board, quota_board, clock, config.history.per_object > 0 ? &recent : nullptr, &watched},
      {Version(), config.dry_run, EngineConfig(config).decide});
  auto admin = StartAdmin(config.http, pages,
                          {.metrics =
                               [&] {
                                 return telemetry->Scrape() + quota_telemetry->Scrape() +
                                        (*live)->PushMetrics() +
                                        (scaler ? scaler->state().metrics : "") +
                                        (*recorder ? (*recorder)->Metrics() : "");
                               },
                           .unhealthy = unhealthy,
                           .unready = [&live] { return (*live)->Unready(); }});
  if (!admin) return Report(admin.error(), err);
  if (scaler) {
    const Status listens = scaler->Listen([&live] { return (*live)->Unready(); });
    if (!listens) return Report(listens.error(), err);
  }
  HPAPLUS_LOG(kInfo, "started",
              {{"version", Version()},
               {"dry_run", config.dry_run},
               {"threads", std::int64_t{CpuBudget(config.engine.threads)}},
               {"http_port", std::int64_t{(*admin)->port()}}});

  std::jthread tick([&engine](const std::stop_token& stop) { engine.Run(stop); });
  int signal = 0;
  while ((signal = WaitForSignal(kBudgetCheckEvery)) == 0) {
    (*live)->FollowCpuBudget(CpuBudget(config.engine.threads));
    (*live)->FollowFiles();
    if (scaler) scaler->Expire();
  }

  EndWithin(kStopSeconds);
  HPAPLUS_LOG(kInfo, "stopping", {{"signal", std::int64_t{signal}}});
  if (scaler) scaler->Stop();
  tick.request_stop();
  tick.join();
  return kExitOk;
}

int RunOffline(const ControllerConfig& config, const std::vector<std::string>& names,
               std::ostream& err) {
  std::vector<OfflineFile> files;
  for (const std::string& name : names) {
    std::ifstream in(name, std::ios::binary);
    OfflineFile file{name, std::string(std::istreambuf_iterator<char>(in), {})};
    if (!in) {
      err << "hpaplus run: cannot read " << name << "\n";
      return kExitFailed;
    }
    files.push_back(std::move(file));
  }
  std::vector<std::string> problems;
  OfflineObjects objects = ReadOfflineObjects(files, problems);
  for (const std::string& problem : problems)
    err << problem << "\n";
  if (!problems.empty()) return kExitBadConfig;
  return RunUntilStopped(
      config,
      [&config, &objects](const LiveWorld::Ties& ties) {
        return MakeOfflineWorld(config, std::move(objects), ties);
      },
      err);
}

}  // namespace

int RunController(const RunOptions& options, std::ostream& err) {
  const auto config = LoadConfig(options, err);
  if (!config) return kExitBadConfig;
  SetLogLevel(config->log_level);
  if (!options.offline.empty()) return RunOffline(*config, options.offline, err);

  SystemClock clock;  // Of the embedded cluster and of the credentials.
  kube::AccessOptions where = kube::AccessOptions::FromEnvironment();
  where.kubeconfig = options.kubeconfig;
  where.context = options.context;
  Embedded embedded;
  if (options.embedded) {
    auto started = StartEmbedded(options, clock);
    if (!started) return Report(started.error(), err);
    embedded = std::move(*started);
    where.kubeconfig = embedded.kubeconfig;
  }
  auto access = kube::OpenAccess(where, clock);
  if (!access) return Report(access.error(), err);
  return RunUntilStopped(
      *config,
      [&config, &access](const LiveWorld::Ties& ties) {
        return LiveWorld::Connect(*config, std::move(*access), ties, kApiServerPatience);
      },
      err);
}

}  // namespace hpaplus::app
