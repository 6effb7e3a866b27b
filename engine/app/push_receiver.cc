#include "engine/app/push_receiver.h"

#include <utility>

#include <fmt/core.h>

#include "engine/api/grpc_server.h"
#include "engine/api/otlp_service.h"
#include "engine/base/log.h"
#include "engine/push/push_service.h"
#include "engine/push/push_sources.h"
#include "engine/shell/http_listener.h"

namespace hpaplus::app {
namespace {

HttpListener::Config ListenerConfig(const ControllerConfig::Push& config) {
  HttpListener::Config listener;
  listener.host = config.listen->first;
  listener.port = config.listen->second;
  listener.threads = config.threads;
  listener.connections_most = config.connections_most;
  listener.certificate_file = config.certificate_file;
  listener.key_file = config.key_file;
  listener.client_ca_file = config.client_ca_file;
  return listener;
}

api::GrpcServer::Config OtlpConfig(const ControllerConfig::Push& config) {
  api::GrpcServer::Config server;
  server.host = config.otlp_listen->first;
  server.port = config.otlp_listen->second;
  server.certificate_file = config.certificate_file;
  server.key_file = config.key_file;
  server.client_ca_file = config.client_ca_file;
  return server;
}

class Receiver final : public PushReceiver {
 public:
  Receiver(const ControllerConfig::Push& config, Clock& clock, OnNew on_new)
      : config_(config),
        clock_(clock),
        sources_({.bytes_most = config.bytes_most, .on_new = std::move(on_new)}, clock) {}

  Status Listen(std::function<std::string()> unready) override {
    if (config_.otlp_listen) {
      if (Status listens = ListenForOtlp(unready); !listens) return listens;
    }
    if (!config_.listen) return Done{};
    service_ = std::make_unique<push::PushService>(
        push::PushService::Config{.unready = std::move(unready)}, sources_, counts_, clock_);
    auto listener = HttpListener::Start(ListenerConfig(config_), *service_);
    if (!listener) return Error{listener.error().code, "push: " + listener.error().message};
    listener_ = std::move(*listener);
    HPAPLUS_LOG(
        kInfo, "push listens",
        {{"port", std::int64_t{listener_->port()}}, {"tls", !config_.certificate_file.empty()}});
    return Done{};
  }

  void Stop() override {
    listener_.reset();
    otlp_server_.reset();
  }

  void SetSource(const ResolvedSource& source) override {
    if (source.spec.type == "Push") {
      sources_.Set(source);
    } else {
      sources_.Remove(NameOf(source.spec));
    }
  }

  void RemoveSource(const SourceName& name) override { sources_.Remove(name); }

  [[nodiscard]] const PushedSamples* samples() const override {
    return Listens() ? &sources_ : nullptr;
  }

  [[nodiscard]] std::string Metrics() const override {
    if (!Listens()) return {};
    std::string text;
    const auto add = [&text](std::string_view name, std::string_view help, std::string_view type,
                             std::initializer_list<std::pair<std::string_view, std::uint64_t>> of) {
      text += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
      for (const auto& [labels, value] : of)
        text += fmt::format("{}{} {}\n", name, labels, value);
    };
    add("hpaplus_push_requests_total", "Requests that pushed something, by how they ended.",
        "counter",
        {{"{result=\"taken\"}", counts_.requests - counts_.refused_requests},
         {"{result=\"refused\"}", counts_.refused_requests}});
    add("hpaplus_push_samples_total", "Pushed samples, by what became of them.", "counter",
        {{"{result=\"written\"}", counts_.written_samples},
         {"{result=\"late\"}", counts_.late_samples},
         {"{result=\"refused\"}", counts_.refused_samples}});
    add("hpaplus_push_stored_bytes", "Memory of all pushed series.", "gauge",
        {{"", sources_.bytes_used()}});
    add("hpaplus_push_connections", "Open connections of those who push.", "gauge",
        {{"", listener_ ? listener_->connections() : 0}});
    return text;
  }

  void FollowFiles() override {
    if (listener_) listener_->FollowTlsFiles();
  }

 private:
  [[nodiscard]] bool Listens() const { return config_.listen || config_.otlp_listen; }

  Status ListenForOtlp(const std::function<std::string()>& unready) {
    otlp_service_ = api::MakeOtlpMetricsService(sources_, counts_, clock_, unready);
    auto server = api::GrpcServer::Start(OtlpConfig(config_), {otlp_service_.get()});
    if (!server) return Error{server.error().code, "push: " + server.error().message};
    otlp_server_ = std::move(*server);
    HPAPLUS_LOG(
        kInfo, "otlp listens",
        {{"port", std::int64_t{otlp_server_->port()}}, {"tls", !config_.certificate_file.empty()}});
    return Done{};
  }

  const ControllerConfig::Push config_;
  Clock& clock_;
  push::PushCounts counts_;
  push::PushSources sources_;
  std::unique_ptr<push::PushService> service_;
  std::unique_ptr<HttpListener> listener_;  // Calls the service.
  std::shared_ptr<grpc::Service> otlp_service_;
  std::unique_ptr<api::GrpcServer> otlp_server_;  // The same.
};

}  // namespace

std::unique_ptr<PushReceiver> PushReceiver::Create(const ControllerConfig::Push& config,
                                                   Clock& clock, OnNew on_new) {
  return std::make_unique<Receiver>(config, clock, std::move(on_new));
}

}  // namespace hpaplus::app
