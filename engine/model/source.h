#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/model/source_cron.h"
#include "engine/model/source_file.h"
#include "engine/model/source_grpc.h"
#include "engine/model/source_http.h"
#include "engine/model/source_keda.h"
#include "engine/model/source_prometheus.h"
#include "engine/model/source_push.h"
#include "engine/model/source_scrape.h"

namespace hpaplus {

/// Reference to one key of a Secret in the source's namespace.
struct SecretKeyRef {
  std::string name;
  std::string key;
  bool operator==(const SecretKeyRef&) const = default;
};

/// A MetricSource or ClusterMetricSource: where numbers come from, with limits on what it may
/// cost us. Secrets are references here; whoever builds the collector resolves them.
struct SourceSpec {
  std::string ns;  // Empty: a ClusterMetricSource.
  std::string name;
  std::string uid;
  std::int64_t generation = 0;
  std::string type;      // "Prometheus", "HTTP": the name of a collector plugin.
  std::string endpoint;  // scheme://host[:port][/path], no user info. See source_type.h.

  std::optional<SecretKeyRef> bearer;
  std::optional<SecretKeyRef> basic_username;
  std::optional<SecretKeyRef> basic_password;
  std::optional<std::string> header_name;  // With header_value.
  std::optional<SecretKeyRef> header_value;
  std::optional<std::string> query_name;  // With query_value: a parameter of each URL.
  std::optional<SecretKeyRef> query_value;
  std::optional<SecretKeyRef> tls_ca;
  std::optional<SecretKeyRef> tls_client_cert;
  std::optional<SecretKeyRef> tls_client_key;
  std::string tls_server_name;
  std::map<std::string, std::string> headers;  // Nothing secret: a tenant, say.

  Duration timeout = std::chrono::seconds(2);
  std::size_t max_response_bytes = 1U << 20U;
  std::size_t max_series = 1000;
  std::size_t max_concurrent = 16;  // Requests in flight at once.
  Duration cache_for{};             // An answer this young is given again without asking.

  // The options of one type, there when it is that type.
  std::optional<GrpcSource> grpc;
  std::optional<KedaScalerSource> keda;
  std::optional<CronSource> cron;
  std::optional<FileSource> file;
  std::optional<PrometheusSource> prometheus;
  std::optional<PushSource> push;
  std::optional<HttpSource> http;  // May be absent of type HTTP, too.
  std::optional<ScrapeSource> scrape;

  // ClusterMetricSource: which namespaces' objects may use it.
  enum class Namespaces { kNone, kAll, kSelector };
  Namespaces allowed = Namespaces::kAll;
  std::vector<std::pair<std::string, std::string>> allowed_labels;  // kSelector, all must match.
  bool operator==(const SourceSpec&) const = default;
};

/// How objects and log lines name a source: "MetricSource/shop/prom", "ClusterMetricSource/prom",
/// "metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io".
using SourceName = std::string;

[[nodiscard]] SourceName NameOf(const SourceSpec& source);

}  // namespace hpaplus
