#include "engine/app/scaler_endpoint.h"

#include <utility>

#include <fmt/core.h>

#include "engine/api/external_scaler.h"
#include "engine/api/grpc_server.h"
#include "engine/api/trigger_table.h"
#include "engine/app/trigger_engine.h"
#include "engine/base/log.h"
#include "engine/base/mutex.h"
#include "engine/shell/connection_gate.h"
#include "engine/shell/system_clock.h"

namespace hpaplus::app {
namespace {

constexpr std::size_t kMessageMost = 64U << 10U;  // A request is names and a handful of texts.
constexpr std::size_t kMemoryMost = 256U << 20U;

api::GrpcServer::Config ServerConfig(const ControllerConfig::Grpc& grpc) {
  api::GrpcServer::Config server;
  server.host.clear();  // The gate listens.
  server.certificate_file = grpc.certificate_file;
  server.key_file = grpc.key_file;
  server.client_ca_file = grpc.client_ca_file;
  server.clients = grpc.clients;
  server.keepalive = grpc.keepalive;
  server.reflection = true;
  server.message_bytes_most = kMessageMost;
  server.memory_bytes_most = kMemoryMost;
  // All objects of a cluster share one connection, and calls beyond its limit wait in the client
  // without a deadline. What bounds streams is the service.
  server.streams_most = static_cast<int>(grpc.streams_most * 2);
  server.idle_most = {};  // Watching for it costs every call memory; connections are few anyway.
  server.small_calls = true;
  return server;
}

ConnectionGate::Config GateConfig(const ControllerConfig::Grpc& grpc) {
  ConnectionGate::Config gate;
  gate.host = grpc.listen->first;
  gate.port = grpc.listen->second;
  gate.tls = !grpc.certificate_file.empty();
  gate.connections_most = grpc.connections_most;
  gate.per_peer_most = grpc.connections_per_peer_most;
  return gate;
}

std::string MetricsOf(const ConnectionGate::Counts& counts) {
  return fmt::format(
      "# HELP hpaplus_scaler_connections Open connections of KEDA's protocol.\n"
      "# TYPE hpaplus_scaler_connections gauge\n"
      "hpaplus_scaler_connections{{state=\"open\"}} {}\n"
      "hpaplus_scaler_connections{{state=\"silent\"}} {}\n"
      "# HELP hpaplus_scaler_refused_connections_total Connections that were turned away.\n"
      "# TYPE hpaplus_scaler_refused_connections_total counter\n"
      "hpaplus_scaler_refused_connections_total {}\n"
      "# HELP hpaplus_scaler_listener_reopened_total Times that the listener had to be opened "
      "again.\n"
      "# TYPE hpaplus_scaler_listener_reopened_total counter\n"
      "hpaplus_scaler_listener_reopened_total {}\n",
      counts.admitted, counts.waiting, counts.refused, counts.reopened);
}

class Endpoint final : public ScalerEndpoint {
 public:
  Endpoint(const ControllerConfig& config, api::DecisionBoard& board, SourceRelay& sources,
           Telemetry& telemetry)
      : config_(config.grpc),
        sources_(sources),
        engine_(TriggerEngine::Create({.engine = EngineConfig(config),
                                       .runner = RunnerConfig(config.sources),
                                       .foreign_sources = config.grpc.foreign_sources},
                                      telemetry)),
        table_({.triggers_most = config_.triggers_most, .expire_after = config_.expire_after},
               board, *engine_, clock_) {
    board.Listen(
        [this](const std::string& ns, const std::string& name,
               const api::DecisionBoard::Entry& entry) { table_.OnObject(ns, name, entry); });
    sources_.LeadTo(engine_.get());
  }

  ~Endpoint() override {
    sources_.LeadTo(nullptr);
    Stop();
  }

  Status Listen(std::function<std::string()> unready) override {
    engine_->Start([this](const Decision& decision, const WorkloadView& view) {
      auto seen = std::make_shared<const WorkloadView>(view);
      auto made = std::make_shared<const Decision>(decision);
      table_.OnWorkload({std::move(seen), std::move(made), view.spec});
    });
    scaler_ = api::ExternalScaler::Create(
        {.streams_most = config_.streams_most, .unready = std::move(unready)}, table_, clock_);
    auto server = api::GrpcServer::Start(ServerConfig(config_), {&scaler_->service()});
    if (!server) return Error{server.error().code, "scaler: " + server.error().message};
    server_ = std::move(*server);
    auto gate = ConnectionGate::Open(GateConfig(config_), [this](int fd) { server_->Adopt(fd); });
    if (!gate) return Error{gate.error().code, "scaler: " + gate.error().message};
    HPAPLUS_LOG(
        kInfo, "scaler listens",
        {{"port", std::int64_t{(*gate)->port()}}, {"tls", !config_.certificate_file.empty()}});
    const MutexLock lock(mutex_);
    gate_ = std::move(*gate);
    return Done{};
  }

  void Stop() override {
    std::unique_ptr<ConnectionGate> gate;  // Closed outside the lock.
    {
      const MutexLock lock(mutex_);
      gate = std::move(gate_);
    }
    gate.reset();
    if (scaler_) scaler_->EndStreams();
    server_.reset();
    engine_->Stop();
  }

  void Expire() override { table_.Expire(); }
  [[nodiscard]] State state() const override {
    const MutexLock lock(mutex_);
    if (!gate_) return {};
    return {scaler_->Metrics() + MetricsOf(gate_->counts()), gate_->problem()};
  }

 private:
  const ControllerConfig::Grpc config_;
  SourceRelay& sources_;
  SystemClock clock_;
  const std::unique_ptr<TriggerEngine> engine_;
  api::TriggerTable table_;
  std::unique_ptr<api::ExternalScaler> scaler_;
  std::unique_ptr<api::GrpcServer> server_;  // Calls the scaler.
  mutable Mutex mutex_;
  // Calls the server. There from Listen() to Stop(), and with it all that state() needs.
  std::unique_ptr<ConnectionGate> gate_ HPAPLUS_GUARDED_BY(mutex_);
};

}  // namespace

Engine::Config EngineConfig(const ControllerConfig& config) {
  Engine::Config engine;
  engine.decide.tolerance = config.engine.tolerance;
  engine.decide.downscale_stabilization = config.engine.downscale_stabilization;
  engine.decide.cpu_initialization_period = config.engine.cpu_initialization_period;
  engine.decide.initial_readiness_delay = config.engine.initial_readiness_delay;
  engine.fleet.window = config.safety.window;
  engine.fleet.max_added = config.safety.max_replicas_added;
  engine.fleet.max_removed = config.safety.max_replicas_removed;
  engine.news_spacing = config.push.wake_spacing;
  engine.suspicion.enabled = config.safety.suspect_sources;
  engine.pod_metrics = config.sources.pod_metrics;
  return engine;
}

std::unique_ptr<ScalerEndpoint> ScalerEndpoint::Create(const ControllerConfig& config,
                                                       api::DecisionBoard& board,
                                                       SourceRelay& sources, Telemetry& telemetry) {
  return std::make_unique<Endpoint>(config, board, sources, telemetry);
}

}  // namespace hpaplus::app
