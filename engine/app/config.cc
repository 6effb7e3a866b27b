#include "engine/app/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/model/names.h"
#include "engine/model/yaml_json.h"

namespace hpaplus::app {
namespace {

using Json = nlohmann::json;

constexpr auto kDay = std::chrono::hours(24);

// What all readers of one file share.
struct Context {
  const YamlDocument& document;
  const std::string& file;
  ConfigProblems& problems;

  void Complain(const std::string& path, const std::string& what) {
    const TextPosition at = document.Find(path);
    problems.lines.push_back(fmt::format("{}:{}:{}: {}{}{}", file, at.line, at.column, path,
                                         path.empty() ? "" : ": ", what));
  }
};

// Reads the fields of one mapping; what nobody asked for is unknown in the end.
class Section {
 public:
  Section(Context& context, const Json& json, std::string path)
      : context_(context), json_(json), path_(std::move(path)) {
    if (!json_.is_object()) context_.Complain(path_, "must be a mapping");
  }

  ~Section() {
    if (!json_.is_object()) return;
    for (const auto& [key, value] : json_.items()) {
      if (!known_.contains(key)) context_.Complain(Path(key), "unknown key");
    }
  }
  Section(Section&&) = delete;
  Section& operator=(Section&&) = delete;

  [[nodiscard]] Section Sub(const std::string& key) {
    static const Json kEmpty = Json::object();
    const Json* value = Find(key);
    return {context_, value != nullptr ? *value : kEmpty, Path(key)};
  }

  void Read(const std::string& key, bool& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) return Complain(key, "must be true or false");
    out = value->get<bool>();
  }

  void Read(const std::string& key, std::string& out) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_string()) return Complain(key, "must be a string");
    out = value->get<std::string>();
  }

  std::vector<std::string> ReadTexts(const std::string& key) {
    const Json* value = Find(key);
    std::vector<std::string> texts;
    if (value == nullptr) return texts;
    const auto is_text = [](const Json& item) { return item.is_string(); };
    if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_text)) {
      Complain(key, "must be a list of strings");
    } else {
      texts = value->get<std::vector<std::string>>();
    }
    return texts;
  }

  template <class Integer>
  void ReadInteger(const std::string& key, Integer& out, std::int64_t least, std::int64_t most) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    if (!value->is_number_integer() || value->get<std::int64_t>() < least ||
        value->get<std::int64_t>() > most) {
      return Complain(key, fmt::format("must be a whole number from {} to {}", least, most));
    }
    out = static_cast<Integer>(value->get<std::int64_t>());
  }

  /// A number, or a Kubernetes quantity as a string ("0.1", "100m").
  void ReadNumber(const std::string& key, double& out, double least, double most) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    double number = std::nan("");
    if (value->is_number()) number = value->get<double>();
    if (value->is_string()) {
      const auto quantity = Quantity::Parse(value->get<std::string>());
      if (quantity) number = quantity->AsDouble();
    }
    if (!(number >= least && number <= most)) {
      return Complain(key, fmt::format("must be a number from {} to {}", least, most));
    }
    out = number;
  }

  void ReadDuration(const std::string& key, Duration& out, Duration least, Duration most) {
    const Json* value = Find(key);
    if (value == nullptr) return;
    const auto duration = value->is_string() ? ParseDuration(value->get<std::string>())
                                             : Error{ErrorCode::kMalformedData, ""};
    if (!duration || *duration < least || *duration > most) {
      return Complain(key, fmt::format("must be a duration from {} to {}, such as \"30s\"",
                                       FormatDuration(least), FormatDuration(most)));
    }
    out = *duration;
  }

  /// "auto" is 0.
  void ReadThreads(const std::string& key, int& out) {
    const Json* value = Find(key);
    if (value == nullptr || *value == "auto") return;
    if (!value->is_number_integer() || *value < 1 || *value > 1024) {
      return Complain(key, "must be auto or a whole number from 1 to 1024");
    }
    out = value->get<int>();
  }

  void Complain(const std::string& key, const std::string& what) {
    context_.Complain(Path(key), what);
  }

 private:
  const Json* Find(const std::string& key) {
    known_.insert(key);
    if (!json_.is_object()) return nullptr;
    const auto found = json_.find(key);
    return found == json_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::string Path(const std::string& key) const {
    return path_.empty() ? key : path_ + "." + key;
  }

  Context& context_;
  const Json& json_;
  const std::string path_;
  std::set<std::string> known_;
};

void ReadEngine(Section section, ControllerConfig::Engine& engine) {
  section.ReadThreads("threads", engine.threads);
  section.ReadInteger("maxObjects", engine.max_objects, 1, 1'000'000);
  section.ReadNumber("tolerance", engine.tolerance, 0, 0.99);
  section.ReadDuration("downscaleStabilization", engine.downscale_stabilization, Duration(0),
                       std::chrono::hours(1));
  section.ReadDuration("cpuInitializationPeriod", engine.cpu_initialization_period, Duration(0),
                       kDay);
  section.ReadDuration("initialReadinessDelay", engine.initial_readiness_delay, Duration(0), kDay);
}

void ReadKubernetes(Section section, ControllerConfig::Kubernetes& kubernetes) {
  section.ReadNumber("qps", kubernetes.qps, 1, 100'000);
  section.ReadNumber("burst", kubernetes.burst, 1, 100'000);
  section.ReadDuration("requestTimeout", kubernetes.request_timeout, std::chrono::milliseconds(100),
                       std::chrono::minutes(1));
  section.Read("namespace", kubernetes.ns);
}

std::vector<IpNetwork> ReadNetworks(Section& section, const std::string& key) {
  std::vector<IpNetwork> networks;
  for (const std::string& text : section.ReadTexts(key)) {
    const auto network = ParseNetwork(text);
    if (network) {
      networks.push_back(*network);
    } else {
      section.Complain(key, network.error().message);
    }
  }
  return networks;
}

void ReadEgress(Section section, EgressPolicy& egress) {
  const auto policy =
      EgressPolicy::Create({ReadNetworks(section, "allow"), ReadNetworks(section, "deny")});
  if (policy) {
    egress = *policy;
  } else {
    section.Complain("allow", policy.error().message);
  }
}

void ReadKubelet(Section section, ControllerConfig::Kubelet& kubelet) {
  std::string via = "Node";
  section.Read("via", via);
  if (via != "Node" && via != "APIServer") section.Complain("via", "must be Node or APIServer");
  kubelet.through_api_server = via == "APIServer";
  section.ReadInteger("port", kubelet.port, 1, 65'535);
  section.Read("caFile", kubelet.ca_file);
  section.ReadDuration("timeout", kubelet.timeout, std::chrono::milliseconds(100),
                       std::chrono::minutes(1));
  section.ReadDuration("shareFor", kubelet.share_for, Duration(0), std::chrono::minutes(5));
  section.ReadDuration("rateWindow", kubelet.rate_window, std::chrono::seconds(1),
                       std::chrono::hours(1));
  section.ReadInteger("maxConcurrent", kubelet.concurrent_most, 1, 10'000);
  section.ReadInteger("maxResponseBytes", kubelet.response_bytes_most, 1 << 10, 1 << 30);
}

void ReadSources(Section section, ControllerConfig::Sources& sources) {
  section.ReadInteger("threads", sources.threads, 1, 256);
  section.ReadInteger("threadsPerSource", sources.threads_per_source, 1, 64);
  section.ReadDuration("metricsServerShareFor", sources.metrics_server_share_for, Duration(0),
                       std::chrono::minutes(5));
  section.ReadDuration("probeFirst", sources.probe_first, std::chrono::milliseconds(100),
                       std::chrono::minutes(1));
  section.ReadDuration("probeMost", sources.probe_most, std::chrono::milliseconds(100),
                       std::chrono::minutes(5));
  if (sources.probe_most < sources.probe_first) {
    section.Complain("probeMost", "must not be below probeFirst");
  }
  section.Read("filesDirectory", sources.files_directory);
  ReadEgress(section.Sub("egress"), sources.egress);
  std::string from(PodMetricsFromName(sources.pod_metrics));
  section.Read("podMetrics", from);
  if (const auto known = ParsePodMetricsFrom(from)) {
    sources.pod_metrics = *known;
  } else {
    section.Complain("podMetrics", "must be MetricsServer or Kubelet");
  }
  ReadKubelet(section.Sub("kubelet"), sources.kubelet);
}

void ReadMost(Section& section, const std::string& key, std::optional<std::int64_t>& most) {
  std::int64_t read = 0;
  section.ReadInteger(key, read, 1, 1'000'000'000);
  if (read > 0) most = read;
}

void ReadSafety(Section section, ControllerConfig::Safety& safety) {
  section.ReadDuration("window", safety.window, std::chrono::seconds(1), std::chrono::hours(1));
  ReadMost(section, "maxReplicasAdded", safety.max_replicas_added);
  ReadMost(section, "maxReplicasRemoved", safety.max_replicas_removed);
  section.Read("suspectSources", safety.suspect_sources);
}

void ReadFreeze(Section section, ControllerConfig::Safety& safety) {
  section.Read("configMap", safety.freeze_config_map);
  if (!safety.freeze_config_map.empty() && !IsDnsSubdomain(safety.freeze_config_map)) {
    section.Complain("configMap", "must be the name of a ConfigMap");
  }
}

void ReadHttp(Section section, ControllerConfig::Http& http) {
  std::string listen;
  section.Read("listen", listen);
  if (!listen.empty()) {
    const auto address = ParseListen(listen);
    if (!address) {
      section.Complain("listen", "must be HOST:PORT or :PORT");
    } else {
      std::tie(http.host, http.port) = *address;
    }
  }
  section.ReadInteger("objects", http.objects_max, 0, 1'000'000);
  section.Read("page", http.page);
  http.names = section.ReadTexts("hosts");
}

void ReadPush(Section section, ControllerConfig::Push& push) {
  for (const auto& [key, address] :
       {std::pair("listen", &push.listen), std::pair("otlpListen", &push.otlp_listen)}) {
    std::string listen;
    section.Read(key, listen);
    if (listen.empty()) continue;
    *address = ParseListen(listen);
    if (!*address) section.Complain(key, "must be HOST:PORT or :PORT");
  }
  section.ReadInteger("threads", push.threads, 1, 64);
  section.ReadInteger("maxConnections", push.connections_most, 1, 100'000);
  section.ReadInteger("maxBytes", push.bytes_most, 1 << 20, std::int64_t{64} << 30);
  section.ReadDuration("wakeSpacing", push.wake_spacing, Duration(0), std::chrono::hours(1));
  Section tls = section.Sub("tls");
  tls.Read("certFile", push.certificate_file);
  tls.Read("keyFile", push.key_file);
  tls.Read("clientCAFile", push.client_ca_file);
  if (push.certificate_file.empty() != push.key_file.empty()) {
    section.Complain("tls", "needs certFile and keyFile");
  } else if (!push.client_ca_file.empty() && push.certificate_file.empty()) {
    section.Complain("tls", "clientCAFile goes with certFile and keyFile");
  }
}

void ReadGrpc(Section section, ControllerConfig::Grpc& grpc) {
  std::string listen;
  section.Read("listen", listen);
  if (!listen.empty()) {
    grpc.listen = ParseListen(listen);
    if (!grpc.listen) section.Complain("listen", "must be HOST:PORT or :PORT");
  }
  section.Read("insecure", grpc.insecure);
  section.Read("foreignSources", grpc.foreign_sources);
  grpc.clients = section.ReadTexts("clients");
  section.ReadInteger("maxConnections", grpc.connections_most, 1, 100'000);
  section.ReadInteger("maxConnectionsPerPeer", grpc.connections_per_peer_most, 1, 100'000);
  section.ReadInteger("maxStreams", grpc.streams_most, 1, 1'000'000);
  section.ReadInteger("maxTriggers", grpc.triggers_most, 1, 1'000'000);
  section.ReadDuration("expireAfter", grpc.expire_after, std::chrono::seconds(1), kDay);
  section.ReadDuration("keepalive", grpc.keepalive, std::chrono::seconds(1), kDay);
  Section tls = section.Sub("tls");
  tls.Read("certFile", grpc.certificate_file);
  tls.Read("keyFile", grpc.key_file);
  tls.Read("clientCAFile", grpc.client_ca_file);
  if (const std::string problem = GrpcProblem(grpc); !problem.empty()) {
    section.Complain("tls", problem);
  }
}

void ReadRecord(Section section, ControllerConfig::Record& record) {
  section.Read("directory", record.directory);
  section.ReadInteger("maxBytes", record.bytes_most, 1 << 20, std::int64_t{1} << 40);
}

void ReadHistory(Section section, ControllerConfig::History& history) {
  section.ReadInteger("perObject", history.per_object, 0, 10'000);
  section.ReadInteger("maxBytes", history.bytes_most, 1 << 16, std::int64_t{16} << 30);
}

void ReadLogging(Section section, LogLevel& level) {
  constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warning", LogLevel::kWarning},
                                                               {"error", LogLevel::kError}};
  std::string text = "info";
  section.Read("level", text);
  const auto* const found = std::ranges::find(kLevels, text, [](const auto& l) { return l.first; });
  if (found == std::end(kLevels)) {
    return section.Complain("level", "must be debug, info, warning or error");
  }
  level = found->second;
}

void ReadHead(Section& root) {
  std::string api_version;
  std::string kind;
  root.Read("apiVersion", api_version);
  root.Read("kind", kind);
  if (api_version != "autoscaling.hpaplus.io/v1alpha1") {
    root.Complain("apiVersion", "must be autoscaling.hpaplus.io/v1alpha1");
  }
  if (kind != "ControllerConfiguration") root.Complain("kind", "must be ControllerConfiguration");
}

}  // namespace

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

std::string GrpcProblem(const ControllerConfig::Grpc& grpc) {
  if (grpc.certificate_file.empty() != grpc.key_file.empty()) return "needs certFile and keyFile";
  if (!grpc.client_ca_file.empty() && grpc.certificate_file.empty()) {
    return "clientCAFile goes with certFile and keyFile";
  }
  if (!grpc.clients.empty() && grpc.client_ca_file.empty()) {
    return "grpc.clients names clients by their certificates and needs clientCAFile";
  }
  const bool open = grpc.listen && !IsLoopback(grpc.listen->first) && grpc.client_ca_file.empty();
  if (!open || grpc.insecure) return "";
  return "certFile, keyFile and clientCAFile are wanted beyond this host, or grpc.insecure: true";
}

std::optional<std::pair<std::string, int>> ParseListen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view port_text = text.substr(colon + 1);
  int port = 0;
  const auto parsed = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (port_text.empty() || parsed.ec != std::errc() ||
      parsed.ptr != port_text.data() + port_text.size() || port < 0 || port > 65535) {
    return std::nullopt;
  }
  std::string host(text.substr(0, colon));
  return std::pair(host.empty() ? "0.0.0.0" : std::move(host), port);
}

std::optional<ControllerConfig> ParseConfig(std::string_view yaml, const std::string& file,
                                            ConfigProblems& problems) {
  const YamlText text = ReadYaml(yaml);
  if (text.problem) {
    problems.lines.push_back(fmt::format("{}:{}:{}: {}", file, text.problem->at.line,
                                         text.problem->at.column, text.problem->message));
    return std::nullopt;
  }
  if (text.documents.size() != 1) {
    problems.lines.push_back(
        fmt::format("{}:1:1: must hold one document, holds {}", file, text.documents.size()));
    return std::nullopt;
  }
  Context context{text.documents[0], file, problems};
  const Json json = Json::parse(text.documents[0].json, nullptr, false);
  ControllerConfig config;
  {
    Section root(context, json, "");
    ReadHead(root);
    root.Read("dryRun", config.dry_run);
    root.Read("quota", config.quota);
    ReadEngine(root.Sub("engine"), config.engine);
    ReadKubernetes(root.Sub("kubernetes"), config.kubernetes);
    ReadSources(root.Sub("sources"), config.sources);
    ReadSafety(root.Sub("safety"), config.safety);
    ReadFreeze(root.Sub("freeze"), config.safety);
    ReadHttp(root.Sub("http"), config.http);
    ReadPush(root.Sub("push"), config.push);
    ReadRecord(root.Sub("record"), config.record);
    ReadHistory(root.Sub("history"), config.history);
    ReadGrpc(root.Sub("grpc"), config.grpc);
    ReadLogging(root.Sub("logging"), config.log_level);
  }
  if (!problems.lines.empty()) return std::nullopt;
  return config;
}

}  // namespace hpaplus::app
