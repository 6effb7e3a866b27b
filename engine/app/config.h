#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/eval/read_plan.h"
#include "engine/model/egress_policy.h"

namespace hpaplus::app {

/// The controller's configuration file, docs/configuration.md. Every field has a default; a file
/// names only what differs.
struct ControllerConfig {
  struct Engine {
    int threads = 0;  // 0: auto, the CPU budget.
    std::size_t max_objects = 100'000;
    double tolerance = 0.1;  // In [0, 1).
    Duration downscale_stabilization = std::chrono::seconds(300);
    Duration cpu_initialization_period = std::chrono::seconds(300);
    Duration initial_readiness_delay = std::chrono::seconds(30);
  };
  struct Kubernetes {
    double qps = 400;
    double burst = 2000;
    Duration request_timeout = std::chrono::seconds(5);
    std::string ns;  // Empty: all namespaces.
  };
  /// How kubelets are asked, docs/sources-kubelet.md.
  struct Kubelet {
    bool through_api_server = false;  // Otherwise they are connected to.
    int port = 10250;
    std::string
        ca_file;  // PEM: who signs kubelets' certificates. Empty: who signs the API server's.
    Duration timeout = std::chrono::seconds(2);
    Duration share_for = std::chrono::seconds(1);
    Duration rate_window = std::chrono::seconds(5);
    std::size_t concurrent_most = 64;
    std::size_t response_bytes_most = 16U << 20U;
    bool operator==(const Kubelet&) const = default;
  };
  struct Sources {
    int threads = 16;            // For all sources together.
    int threads_per_source = 2;  // A hanging source takes no more than these.
    Duration metrics_server_share_for = std::chrono::seconds(1);
    Duration probe_first = std::chrono::seconds(1);  // The waits of the breaker, loop/breaker.h.
    Duration probe_most = std::chrono::milliseconds(1500);
    std::string files_directory;  // Empty: there are no sources of type File.
    EgressPolicy egress;          // Where metric sources may lead. Not for the API server.
    PodMetricsFrom pod_metrics = PodMetricsFrom::kMetricsServer;
    Kubelet kubelet;  // Used when pod_metrics says so.
  };
  struct Safety {
    Duration window = std::chrono::minutes(1);
    std::optional<std::int64_t> max_replicas_added;    // By all objects together, per window.
    std::optional<std::int64_t> max_replicas_removed;  // The same.
    bool suspect_sources = true;  // Disbelieve a source whose numbers collapse all at once.
    std::string freeze_config_map = "hpaplus-freeze";  // Empty: none is asked for.
  };
  struct Http {
    std::string host = "0.0.0.0";
    int port = 8080;                 // 0 takes a free one.
    std::size_t objects_max = 1000;  // Objects with series of their own in /metrics.
    bool page = true;                // The status page, at "/".
    std::vector<std::string> names;  // Under which a browser may read, besides those of OwnHost.
  };
  struct Push {
    std::optional<std::pair<std::string, int>> listen;  // For remote write; absent: nobody listens.
    std::optional<std::pair<std::string, int>> otlp_listen;  // For OTLP over gRPC; the same.
    int threads = 2;
    std::size_t connections_most = 512;
    std::size_t bytes_most = 256U << 20U;                    // Of all pushed series together.
    Duration wake_spacing = std::chrono::milliseconds(200);  // Engine::Config::news_spacing.
    std::string certificate_file;  // PEM files; without them there is no TLS.
    std::string key_file;
    std::string client_ca_file;  // Only senders with a certificate of one of these.
  };
  struct Grpc {
    std::optional<std::pair<std::string, int>> listen;  // For KEDA; absent: nobody listens.
    std::string certificate_file;                       // PEM files; without them there is no TLS.
    std::string key_file;
    std::string client_ca_file;        // Only clients with a certificate of one of these,
    std::vector<std::string> clients;  // and of these only those with one of these names.
    bool insecure = false;             // Also beyond this host, without TLS or for any client.
    bool foreign_sources = false;      // Triggers may use MetricSources of other namespaces.
    std::size_t connections_most = 256;
    std::size_t connections_per_peer_most = 64;
    std::size_t streams_most = 50'000;
    std::size_t triggers_most = 100'000;
    Duration expire_after = std::chrono::minutes(15);
    Duration keepalive = std::chrono::seconds(60);
  };

  struct Record {
    std::string directory;  // Empty: nothing is recorded.
    std::uint64_t bytes_most = 1U << 30U;
  };

  struct History {
    std::size_t per_object = 120;         // Decisions in memory; 0: only the last one.
    std::size_t bytes_most = 64U << 20U;  // Of all objects together.
  };

  Engine engine;
  Kubernetes kubernetes;
  Sources sources;
  Safety safety;
  Http http;
  Push push;
  Grpc grpc;
  Record record;
  History history;
  LogLevel log_level = LogLevel::kInfo;
  bool quota = true;     // DynamicQuotas are served.
  bool dry_run = false;  // Nothing is written: no sizes, no status, no events.
};

/// All problems of a file at once, as "FILE:LINE:COLUMN: path: what is wrong". Strict: unknown and
/// duplicate keys, wrong types and values out of range are errors.
struct ConfigProblems {
  std::vector<std::string> lines;
};

[[nodiscard]] std::optional<ControllerConfig> ParseConfig(std::string_view yaml,
                                                          const std::string& file,
                                                          ConfigProblems& problems);

/// Whether only programs of this machine can connect to the host.
[[nodiscard]] bool IsLoopback(std::string_view host);

/// What is wrong with where the configuration listens for KEDA; empty when nothing is: beyond this
/// host it wants certificates of both sides, unless it is told to be insecure.
[[nodiscard]] std::string GrpcProblem(const ControllerConfig::Grpc& grpc);

/// "127.0.0.1:8080" or ":8080" (all addresses) as host and port; nothing for what is neither.
[[nodiscard]] std::optional<std::pair<std::string, int>> ParseListen(std::string_view text);

}  // namespace hpaplus::app
