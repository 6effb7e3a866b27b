#include <algorithm>

#include <fmt/core.h>

#include "engine/model/json_fields.h"
#include "engine/model/source_fields.h"
#include "engine/model/source_grpc_json.h"
#include "engine/model/source_prometheus_json.h"
#include "engine/model/source_push_json.h"
#include "engine/model/source_scrape_json.h"
#include "engine/model/source_type.h"
#include "engine/model/spec_json.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::optional<SecretKeyRef> ReadSecret(const JsonField& field) {
  if (!field.present()) return std::nullopt;
  return SecretKeyRef{field.Field("name").Required(), field.Field("key").Required()};
}

void ReadAuth(const JsonField& auth, SourceSpec& source) {
  source.bearer = ReadSecret(auth.Field("bearer"));
  const JsonField basic = auth.Field("basic");
  source.basic_username = ReadSecret(basic.Field("username"));
  source.basic_password = ReadSecret(basic.Field("password"));
  if (basic.present() && (!source.basic_username || !source.basic_password)) {
    basic.Fail("needs username and password");
  }
  const JsonField header = auth.Field("header");
  if (header.present()) {
    source.header_name = header.Field("name").Required();
    source.header_value = ReadSecret(header.Field("value"));
    if (!source.header_value) header.Field("value").Fail("is missing");
  }
  const JsonField query = auth.Field("query");
  if (query.present()) {
    source.query_name = query.Field("name").Required();
    source.query_value = ReadSecret(query.Field("value"));
    if (!source.query_value) query.Field("value").Fail("is missing");
  }
  if (int{source.bearer.has_value()} + int{basic.present()} + int{header.present()} +
          int{query.present()} >
      1) {
    auth.Fail("has more than one of bearer, basic, header and query");
  }
}

void ReadTls(const JsonField& tls, SourceSpec& source) {
  source.tls_ca = ReadSecret(tls.Field("ca"));
  source.tls_client_cert = ReadSecret(tls.Field("clientCert"));
  source.tls_client_key = ReadSecret(tls.Field("clientKey"));
  source.tls_server_name = tls.Field("serverName").Text();
  if (source.tls_client_cert.has_value() != source.tls_client_key.has_value()) {
    tls.Fail("has only one of clientCert and clientKey");
  }
}

void ReadLimits(const JsonField& limits, SourceSpec& source) {
  const auto read = [&](std::string_view key, std::size_t& into, std::int64_t least,
                        std::int64_t most) {
    const auto absent = static_cast<std::int64_t>(into);
    into = static_cast<std::size_t>(limits.Field(key).Integer(absent, least, most));
  };
  source.timeout =
      limits.Field("timeout").Period(milliseconds(50), minutes(1)).value_or(source.timeout);
  read("maxResponseBytes", source.max_response_bytes, 1024, std::int64_t{64} << 20);
  read("maxSeries", source.max_series, 1, 100'000);
  read("maxConcurrent", source.max_concurrent, 1, 1024);
}

void ReadAllowed(const JsonField& field, SourceSpec& source) {
  const std::string from = field.Field("from").Text("None");
  if (from == "All") {
    source.allowed = SourceSpec::Namespaces::kAll;
  } else if (from == "Selector") {
    source.allowed = SourceSpec::Namespaces::kSelector;
  } else {
    source.allowed = SourceSpec::Namespaces::kNone;
    if (from != "None") field.Field("from").Fail("is none of None, Selector and All");
  }
  const JsonField labels = field.Field("selector").Field("matchLabels");
  labels.EachField([&](std::string_view key, const JsonField& value) {
    if (value.present()) source.allowed_labels.emplace_back(key, value.Text());
  });
  std::ranges::sort(source.allowed_labels);
  if (source.allowed == SourceSpec::Namespaces::kSelector && source.allowed_labels.empty()) {
    labels.Fail("is missing or empty");
  }
}

// Of a source that asks pods in place of an endpoint.
void CheckPods(const JsonField& spec, const JsonField& pods, const SourceSpec& source) {
  if (spec.Field("endpoint").present()) spec.Field("endpoint").Fail("is nothing beside http.pods");
  if (source.ns.empty()) pods.Fail("is nothing for a ClusterMetricSource, which has no namespace");
  if (pods.Field("scheme").Text() == "HTTPS") return;
  if (spec.Field("auth").present()) pods.Field("scheme").Fail("must be HTTPS to send credentials");
  if (spec.Field("tls").present()) pods.Field("scheme").Fail("must be HTTPS for tls");
}

void ReadEndpoint(const JsonField& spec, const SourceType& type, SourceSpec& source) {
  const JsonField endpoint = spec.Field("endpoint");
  if (!type.has_endpoint()) {
    if (endpoint.present()) endpoint.Fail(fmt::format("is nothing for type {}", type.name));
    return;
  }
  const JsonField pods = spec.Field("http").Field("pods");
  if (type.name == "HTTP" && pods.present()) return CheckPods(spec, pods, source);
  source.endpoint = endpoint.Required();
  const bool secure = source.endpoint.starts_with(type.secure);
  if (!secure && !source.endpoint.starts_with(type.plain)) {
    endpoint.Fail(fmt::format("begins with neither {} nor {}", type.secure, type.plain));
  }
  if (source.endpoint.find('@') != std::string::npos) endpoint.Fail("must not have user info");
  const std::string_view scheme = type.secure.substr(0, type.secure.find(':'));
  if (!secure && spec.Field("auth").present()) {
    endpoint.Fail(fmt::format("must be {} to send credentials", scheme));
  }
  if (!secure && spec.Field("tls").present()) {
    endpoint.Fail(fmt::format("must be {} for tls", scheme));
  }
}

// What follows from the type of the source.
void ReadType(const JsonField& spec, SourceSpec& source) {
  const JsonField field = spec.Field("type");
  source.type = field.Required();
  const SourceType* type = FindSourceType(source.type);
  if (type == nullptr) {
    return field.Fail(
        fmt::format("is \"{}\", which is no type of source", source.type.substr(0, 64)));
  }
  constexpr std::string_view kTls = "tls";
  for (const std::string_view key : {std::string_view("auth"), kTls}) {
    const JsonField block = spec.Field(key);
    const bool takes = type->takes_credentials && (key != kTls || type->connects());
    if (block.present() && !takes) {
      block.Fail(fmt::format("is nothing for type {}", type->name));
    }
  }
  const JsonField query = spec.Field("auth").Field("query");
  if (query.present() && type->secure != "https://") {
    query.Fail(fmt::format("is nothing for type {}", type->name));
  }
  ReadEndpoint(spec, *type, source);
}

// The block that belongs to one type, and to no other; its reader is asked only when it is there.
template <class Block>
std::optional<Block> ReadBlock(const JsonField& spec, std::string_view key, std::string_view type,
                               Block (*read)(const JsonField&)) {
  const JsonField block = spec.Field(key);
  const bool wanted = spec.Field("type").Text() == type;
  if (block.present() && !wanted) block.Fail(fmt::format("goes with type {}", type));
  if (!block.present() || !wanted) return std::nullopt;
  return read(block);
}

// True for a ClusterMetricSource.
bool ReadKind(const JsonField& root) {
  const JsonField version = root.Field("apiVersion");
  if (version.Text(kApiVersion) != kApiVersion) {
    version.Fail(fmt::format("is \"{}\" and not {}", version.Text().substr(0, 64), kApiVersion));
  }
  const JsonField kind = root.Field("kind");
  const std::string name = kind.Text();
  if (!kind.present()) return !root.Field("metadata").Field("namespace").present();
  if (name != "MetricSource" && name != "ClusterMetricSource") {
    kind.Fail(fmt::format("is \"{}\", which is no kind of source", name.substr(0, 64)));
  }
  return name == "ClusterMetricSource";
}

SourceSpec ReadSource(const JsonField& root) {
  SourceSpec source;
  const bool cluster = ReadKind(root);
  const JsonField metadata = root.Field("metadata");
  if (!cluster) source.ns = metadata.Field("namespace").Text("default");
  source.name = metadata.Field("name").Required();
  source.uid = metadata.Field("uid").Text();
  source.generation =
      metadata.Field("generation").Integer(0, 0, std::numeric_limits<std::int64_t>::max());

  const JsonField spec = root.Field("spec");
  if (!spec.present()) spec.Fail("is missing");
  ReadType(spec, source);
  ReadGrpcSources(spec, source);
  source.cron = ReadBlock(spec, "cron", "Cron", &ReadCronSource);
  if (source.type == "Cron" && !source.cron) spec.Field("cron").Fail("is missing");
  source.file = ReadBlock(spec, "file", "File", &ReadFileSource);
  if (source.type == "File" && !source.file) spec.Field("file").Fail("is missing");
  source.http = ReadBlock(spec, "http", "HTTP", &ReadHttpSource);
  ReadAuth(spec.Field("auth"), source);
  ReadPushSource(spec, source);
  ReadTls(spec.Field("tls"), source);
  ReadHeaders(spec, source);
  ReadPrometheus(spec, source);
  ReadScrapeSource(spec, source);
  ReadLimits(spec.Field("limits"), source);
  source.cache_for = spec.Field("cacheFor").Period(Duration(0), minutes(5)).value_or(Duration(0));
  if (cluster) ReadAllowed(spec.Field("allowedNamespaces"), source);
  return source;
}

}  // namespace

Result<SourceSpec> ParseSource(std::string_view json) {
  JsonDocument document;
  if (const Status parsed = document.Parse(json); !parsed) return parsed.error();
  std::string problem;
  SourceSpec source = ReadSource(document.Root(problem));
  if (!problem.empty()) return Error{ErrorCode::kMalformedData, "source: " + problem};
  return source;
}

}  // namespace hpaplus
