#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>

#include "engine/model/spec_json.h"
#include "test/support/object_text.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Object;

SourceSpec ParseOne(const std::string& spec, const std::string& kind) {
  const auto source = ParseSource(Object(spec, kind));
  EXPECT_TRUE(source) << source.error().message;
  return source ? *source : SourceSpec();
}

TEST(ParseSource, DefaultsWhatIsAbsent) {
  const SourceSpec source = ParseOne("{type: HTTP, endpoint: 'http://a:1/x'}", "MetricSource");
  EXPECT_EQ(NameOf(source), "MetricSource/shop/web");
  EXPECT_EQ(source.type, "HTTP");
  EXPECT_EQ(source.endpoint, "http://a:1/x");
  EXPECT_EQ(source.timeout, seconds(2));
  EXPECT_EQ(source.max_response_bytes, 1'048'576U);
  EXPECT_EQ(source.max_series, 1000U);
  EXPECT_EQ(source.max_concurrent, 16U);
  EXPECT_EQ(source.cache_for, Duration(0));
  EXPECT_FALSE(source.bearer);
}

TEST(ParseSource, AllowsNobodyUnlessToldTo) {
  const std::string spec = "type: Prometheus, endpoint: 'https://a'";
  const auto allowed = [&](const std::string& more) {
    return ParseOne("{" + spec + more + "}", "ClusterMetricSource");
  };
  using enum SourceSpec::Namespaces;
  EXPECT_EQ(allowed("").allowed, kNone);
  EXPECT_EQ(allowed("").ns, "");
  EXPECT_EQ(allowed(", allowedNamespaces: {from: All}").allowed, kAll);
  const SourceSpec some =
      allowed(", allowedNamespaces: {from: Selector, selector: {matchLabels: {b: '2', a: '1'}}}");
  EXPECT_EQ(some.allowed, kSelector);
  EXPECT_EQ(some.allowed_labels,
            (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}}));
}

TEST(ParseSource, ReadsCredentialsAndLimits) {
  const SourceSpec source = ParseOne(R"({type: HTTP, endpoint: 'https://a',
      auth: {basic: {username: {name: s, key: u}, password: {name: s, key: p}}},
      tls: {ca: {name: t, key: ca}, clientCert: {name: t, key: c}, clientKey: {name: t, key: k},
            serverName: n},
      limits: {timeout: 800ms, maxResponseBytes: 2048, maxSeries: 3, maxConcurrent: 4},
      cacheFor: 1s})",
                                     "MetricSource");
  EXPECT_EQ(source.basic_username, (SecretKeyRef{"s", "u"}));
  EXPECT_EQ(source.basic_password, (SecretKeyRef{"s", "p"}));
  EXPECT_EQ(source.tls_ca, (SecretKeyRef{"t", "ca"}));
  EXPECT_EQ(source.tls_client_cert, (SecretKeyRef{"t", "c"}));
  EXPECT_EQ(source.tls_client_key, (SecretKeyRef{"t", "k"}));
  EXPECT_EQ(source.tls_server_name, "n");
  EXPECT_EQ(source.timeout, milliseconds(800));
  EXPECT_EQ(source.max_response_bytes, 2048U);
  EXPECT_EQ(source.max_series, 3U);
  EXPECT_EQ(source.max_concurrent, 4U);
  EXPECT_EQ(source.cache_for, seconds(1));
  const SourceSpec header = ParseOne(
      "{type: HTTP, endpoint: 'https://a', auth: {header: {name: X, value: {name: s, key: v}}}}",
      "MetricSource");
  EXPECT_EQ(header.header_name, "X");
  EXPECT_EQ(header.header_value, (SecretKeyRef{"s", "v"}));
}

TEST(ParseSource, ReadsWhatPlugInsAndScalersAreTold) {
  const SourceSpec plain = ParseOne("{type: GRPC, endpoint: 'grpc://a:1'}", "MetricSource");
  EXPECT_EQ(plain.grpc, GrpcSource());
  EXPECT_FALSE(plain.keda);
  const SourceSpec plug_in = ParseOne(
      "{type: GRPC, endpoint: 'grpcs://a:1', grpc: {mode: Stream, parameters: {b: c, a: ''}}}",
      "MetricSource");
  EXPECT_EQ(plug_in.grpc, (GrpcSource{.stream = true, .parameters = {{"a", ""}, {"b", "c"}}}));

  const std::string scaler = "type: KedaExternalScaler, endpoint: 'grpc://a:1'";
  EXPECT_EQ(ParseOne("{" + scaler + "}", "MetricSource").keda, KedaScalerSource());
  const SourceSpec full = ParseOne("{" + scaler + R"(, kedaExternalScaler:
      {scaledObjectName: o, scalerMetadata: {q: x}, queryKeys: [s, r]}})",
                                   "MetricSource");
  EXPECT_EQ(full.keda, (KedaScalerSource{"o", {{"q", "x"}}, {"r", "s"}}));
}

TEST(ParseSource, ReadsWhoMayPushAndWhatIsKept) {
  const SourceSpec open = ParseOne("{type: Push, push: {anonymous: true}}", "ClusterMetricSource");
  EXPECT_EQ(open.push, PushSource{.anonymous = true});
  const SourceSpec full = ParseOne(R"({type: Push, auth: {bearer: {name: s, key: t}},
      push: {forgetAfter: 30s, samplesPerSeries: 8}})",
                                   "MetricSource");
  EXPECT_EQ(full.push, (PushSource{std::chrono::seconds(30), 8, false}));
  EXPECT_EQ(full.bearer, (SecretKeyRef{"s", "t"}));
  EXPECT_FALSE(ParseOne("{type: HTTP, endpoint: 'http://a'}", "MetricSource").push);
}

TEST(ParseSource, ReadsHeadersAndWhatPrometheusIsAsked) {
  const SourceSpec plain = ParseOne("{type: Prometheus, endpoint: 'http://a'}", "MetricSource");
  EXPECT_EQ(plain.prometheus, PrometheusSource());
  EXPECT_TRUE(plain.headers.empty());
  const SourceSpec full = ParseOne(R"({type: Prometheus, endpoint: 'http://a',
      headers: {X-Scope-OrgID: 'team|b', X-Empty: ''},
      prometheus: {queries: OwnGroups, namespaceLabel: ns, sampleTime: Evaluation,
        partialAnswers: Accept, queryParameters: {dedup: 'true'},
        groups: [{name: rps, query: 'sum by (ns, app) (x)', by: [ns, app], timestamp: t,
                  refresh: 1s}, {name: errors, query: y, by: [ns]}]}})",
                                   "ClusterMetricSource");
  EXPECT_EQ(full.headers,
            (std::map<std::string, std::string>{{"X-Empty", ""}, {"X-Scope-OrgID", "team|b"}}));
  PrometheusSource wanted;
  wanted.queries = PrometheusSource::Queries::kOwnGroups;
  wanted.namespace_label = "ns";
  wanted.sample_time = false;
  wanted.accepts_partial = true;
  wanted.query_parameters = {{"dedup", "true"}};
  wanted.groups = {{"rps", "sum by (ns, app) (x)", {"ns", "app"}, "t", seconds(1)},
                   {"errors", "y", {"ns"}, "", milliseconds(250)}};
  EXPECT_EQ(full.prometheus, wanted);
  EXPECT_EQ(
      ParseOne("{type: Prometheus, endpoint: 'http://a', prometheus: {namespaceParameter: n}}",
               "MetricSource")
          .prometheus->namespace_parameter,
      "n");
}

TEST(ParseSource, NamesWhatPrometheusCannotBeAsked) {
  const auto problem = [](const std::string& spec) {
    const auto source = ParseSource(
        Object("{type: Prometheus, endpoint: 'http://a', " + spec + "}", "MetricSource"));
    EXPECT_FALSE(source) << spec;
    return source ? "" : source.error().message;
  };
  const auto groups = [&](const std::string& list) {
    return problem("prometheus: {groups: [" + list + "]}");
  };
  const std::string at = "source: spec.prometheus.";
  EXPECT_EQ(problem("prometheus: {queries: All}"),
            at + "queries is none of Any, Groups and OwnGroups");
  EXPECT_EQ(problem("prometheus: {queries: Groups}"),
            at + "groups are missing, and nothing else may be asked");
  EXPECT_EQ(problem("prometheus: {queries: OwnGroups, groups: [{name: a, query: q, by: [app]}]}"),
            at + "groups[0].by lacks namespace, which queries: OwnGroups needs");
  EXPECT_EQ(problem("prometheus: {sampleTime: Now}"),
            at + "sampleTime is neither Sample nor Evaluation");
  EXPECT_EQ(problem("prometheus: {partialAnswers: Maybe}"),
            at + "partialAnswers is neither Refuse nor Accept");
  EXPECT_EQ(problem("prometheus: {namespaceLabel: 'a-b'}"),
            at + "namespaceLabel is no name: letters, digits and _, at most 63");
  EXPECT_EQ(groups("{query: q}"), at + "groups[0].name is missing");
  EXPECT_EQ(groups("{name: a}"), at + "groups[0].query is missing");
  EXPECT_EQ(groups("{name: 1a, query: q}"),
            at + "groups[0].name is no name: letters, digits and _, at most 63");
  EXPECT_EQ(groups("{name: a, query: q}, {name: a, query: q}"),
            at + "groups[1].name is there twice");
  EXPECT_EQ(groups("{name: a, query: q, by: [x, x]}"), at + "groups[0].by[1] is there twice");
  EXPECT_EQ(groups("{name: a, query: q, by: [a, b, c, d, e, f, g, h, i]}"),
            at + "groups[0].by has more than 8 labels");
  EXPECT_TRUE(groups("{name: a, query: q, refresh: 1ms}").starts_with(at + "groups[0].refresh "));
  EXPECT_EQ(groups("{name: a, query: '" + std::string(8193, 'q') + "'}"),
            at + "groups[0].query is longer than 8192");
  std::string many;
  for (int i = 0; i < 65; ++i)
    many += "{name: g" + std::to_string(i) + ", query: q}, ";
  EXPECT_EQ(groups(many), at + "groups has more than 64 groups");
  EXPECT_EQ(problem("prometheus: {queryParameters: {time: '1'}}"),
            at + "queryParameters.time cannot be a parameter of a query here");
  EXPECT_EQ(problem("prometheus: {namespaceParameter: query}"),
            at + "namespaceParameter cannot be a parameter of a query here");
  EXPECT_EQ(problem("prometheus: {namespaceParameter: n, queryParameters: {n: '1'}}"),
            at + "namespaceParameter is among queryParameters, too");
  EXPECT_EQ(problem("prometheus: {namespaceParameter: n, groups: [{name: a, query: q}]}"),
            at + "groups are shared by all namespaces, namespaceParameter asks for one at a time");
}

TEST(ParseSource, TakesNoHeaderThatOthersDecideOn) {
  const auto problem = [](const std::string& headers, const std::string& more = "") {
    const auto source = ParseSource(
        Object("{type: HTTP, endpoint: 'https://a', headers: {" + headers + "}" + more + "}",
               "MetricSource"));
    return source ? "" : source.error().message;
  };
  for (const char* name :
       {"Authorization", "HOST", "Connection", "Transfer-Encoding", "Te", "Cookie",
        "Proxy-Authorization", "Content-Length", "Keep-Alive", "Upgrade"}) {
    EXPECT_EQ(problem(std::string(name) + ": x"),
              "source: spec.headers." + std::string(name) + " cannot be set here");
  }
  EXPECT_EQ(problem("X-A: x", ", auth: {header: {name: x-a, value: {name: s, key: k}}}"),
            "source: spec.headers.X-A is auth.header, too");
  const std::string no_name =
      "source: spec.headers has a name that is none of a header: letters, digits and -, at most "
      "128";
  EXPECT_EQ(problem("'X A': x"), no_name);
  EXPECT_EQ(problem("X_A: x"), no_name);
  const std::string no_text =
      "source: spec.headers.X-A is not printable ASCII of at most 1024 characters";
  EXPECT_EQ(problem(R"(X-A: "a\r\nb")"), no_text);
  EXPECT_EQ(problem("X-A: '" + std::string(1025, 'x') + "'"), no_text);
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += "X-" + std::to_string(i) + ": x, ";
  EXPECT_EQ(problem(many), "source: spec.headers has more than 16 entries");
  const auto grpc = ParseSource(
      Object("{type: GRPC, endpoint: 'grpc://a:1', headers: {X-A: x}}", "MetricSource"));
  ASSERT_FALSE(grpc);
  EXPECT_EQ(grpc.error().message, "source: spec.headers go with an http or https endpoint");
  const auto other =
      ParseSource(Object("{type: HTTP, endpoint: 'https://a', prometheus: {}}", "MetricSource"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().message, "source: spec.prometheus goes with type Prometheus only");
}

TEST(ParseSource, NamesTheFieldThatMakesNoSense) {
  const auto problem = [](const std::string& spec, const std::string& kind = "MetricSource") {
    const auto source = ParseSource(Object(spec, kind));
    EXPECT_FALSE(source) << spec;
    return source ? "" : source.error().message;
  };
  const std::string tls = "type: HTTP, endpoint: 'https://a'";
  const std::string plain = "type: HTTP, endpoint: 'http://a'";
  EXPECT_EQ(problem("{}"), "source: spec.type is missing");
  EXPECT_EQ(problem("{type: HTTP}"), "source: spec.endpoint is missing");
  EXPECT_EQ(problem("{type: Oracle, endpoint: 'https://a'}"),
            "source: spec.type is \"Oracle\", which is no type of source");
  EXPECT_EQ(problem("{type: HTTP, endpoint: 'ftp://a'}"),
            "source: spec.endpoint begins with neither https:// nor http://");
  EXPECT_EQ(problem("{type: HTTP, endpoint: 'https://u:p@a'}"),
            "source: spec.endpoint must not have user info");
  EXPECT_EQ(problem("{" + plain + ", auth: {}}"),
            "source: spec.endpoint must be https to send credentials");
  EXPECT_EQ(problem("{" + plain + ", tls: {}}"), "source: spec.endpoint must be https for tls");
  EXPECT_EQ(problem("{" + tls + ", auth: {bearer: {name: a}}}"),
            "source: spec.auth.bearer.key is missing");
  EXPECT_EQ(problem("{" + tls + ", auth: {basic: {}}}"),
            "source: spec.auth.basic needs username and password");
  EXPECT_EQ(problem("{" + tls + ", auth: {header: {name: X}}}"),
            "source: spec.auth.header.value is missing");
  EXPECT_EQ(problem("{" + tls +
                    ", auth: {bearer: {name: a, key: b}, header: {name: X, value: "
                    "{name: a, key: b}}}}"),
            "source: spec.auth has more than one of bearer, basic, header and query");
  EXPECT_EQ(problem("{" + tls + ", tls: {clientKey: {name: a, key: b}}}"),
            "source: spec.tls has only one of clientCert and clientKey");
  EXPECT_EQ(problem("{" + tls + ", limits: {maxSeries: 0}}"),
            "source: spec.limits.maxSeries is 0 and not in 1 to 100000");
  EXPECT_EQ(problem("{" + tls + ", allowedNamespaces: {from: Some}}", "ClusterMetricSource"),
            "source: spec.allowedNamespaces.from is none of None, Selector and All");
  EXPECT_EQ(problem("{" + tls + ", allowedNamespaces: {from: Selector}}", "ClusterMetricSource"),
            "source: spec.allowedNamespaces.selector.matchLabels is missing or empty");
  const std::string plug_in = "type: GRPC, endpoint: 'grpc://a:1'";
  const std::string scaler = "type: KedaExternalScaler, endpoint: 'grpc://a:1'";
  EXPECT_EQ(problem("{type: GRPC, endpoint: 'https://a:1'}"),
            "source: spec.endpoint begins with neither grpcs:// nor grpc://");
  EXPECT_EQ(problem("{" + plug_in + ", grpc: {mode: Push}}"),
            "source: spec.grpc.mode is neither Collect nor Stream");
  EXPECT_EQ(problem("{" + plug_in + ", grpc: {parameters: {a: '" + std::string(4097, 'x') + "'}}}"),
            "source: spec.grpc.parameters.a is longer than 4096");
  EXPECT_EQ(problem("{" + tls + ", grpc: {}}"), "source: spec.grpc goes with type GRPC only");
  EXPECT_EQ(problem("{" + plug_in + ", kedaExternalScaler: {}}"),
            "source: spec.kedaExternalScaler goes with type KedaExternalScaler only");
  EXPECT_EQ(
      problem("{" + scaler + ", kedaExternalScaler: {scalerMetadata: {a: b}, queryKeys: [b, a]}}"),
      "source: spec.kedaExternalScaler.queryKeys[1] is in scalerMetadata, which no query can "
      "change");
  std::string keys;
  std::string parameters;
  for (int i = 0; i < 65; ++i) {
    keys += "k" + std::to_string(i) + ", ";
    parameters += "k" + std::to_string(i) + ": v, ";
  }
  EXPECT_EQ(problem("{" + scaler + ", kedaExternalScaler: {queryKeys: [" + keys + "]}}"),
            "source: spec.kedaExternalScaler.queryKeys has more than 64 entries");
  EXPECT_EQ(problem("{" + plug_in + ", grpc: {parameters: {" + parameters + "}}}"),
            "source: spec.grpc.parameters has more than 64 entries");
  EXPECT_EQ(problem("{" + plug_in + ", grpc: {parameters: {'': v}}}"),
            "source: spec.grpc.parameters has a key without a usable length");
  const std::string token = "auth: {bearer: {name: s, key: k}}";
  const char* const nobody =
      "source: spec.auth must say who may push, unless push.anonymous is true";
  EXPECT_EQ(problem("{type: Push}"), nobody);
  EXPECT_EQ(problem("{type: Push, auth: {}, push: {anonymous: false}}"), nobody);
  EXPECT_EQ(problem("{type: Push, push: {anonymous: true}, " + token + "}"),
            "source: spec.auth says who may push, and push.anonymous all may");
  EXPECT_EQ(problem("{type: Push, " + token + ", endpoint: 'https://a'}"),
            "source: spec.endpoint is nothing for type Push");
  EXPECT_EQ(problem("{type: Push, " + token + ", tls: {serverName: a}}"),
            "source: spec.tls is nothing for type Push");
  EXPECT_EQ(problem("{" + tls + ", push: {}}"), "source: spec.push goes with type Push only");
  EXPECT_NE(
      problem("{type: Push, " + token + ", push: {forgetAfter: 1s}}").find("spec.push.forgetAfter"),
      std::string::npos);
  EXPECT_NE(problem("{type: Push, " + token + ", push: {samplesPerSeries: 1}}")
                .find("spec.push.samplesPerSeries"),
            std::string::npos);
  EXPECT_EQ(problem("{}", "HPAPlus"), "source: kind is \"HPAPlus\", which is no kind of source");
}

TEST(ParseSource, ReadsWindowsOfASchedule) {
  const SourceSpec source = ParseOne(R"({type: Cron, cron: {timeZone: Europe/Berlin, windows: [
      {name: office, start: 0 8 * * 1-5, end: 0 18 * * 1-5, desiredReplicas: 10},
      {name: night, start: 0 22 * * *, end: 0 6 * * *, desiredReplicas: 0}]}})",
                                     "MetricSource");
  ASSERT_TRUE(source.cron);
  EXPECT_EQ(source.endpoint, "");
  EXPECT_EQ(source.cron->zone->name(), "Europe/Berlin");
  ASSERT_EQ(source.cron->windows.size(), 2U);
  EXPECT_EQ(source.cron->windows[0].name, "office");
  EXPECT_EQ(source.cron->windows[0].start, *ParseCron("0 8 * * 1-5"));
  EXPECT_EQ(source.cron->windows[0].end, *ParseCron("0 18 * * 1-5"));
  EXPECT_EQ(source.cron->windows[0].desired_replicas, 10);
  EXPECT_EQ(source.cron->windows[1].desired_replicas, 0);
  EXPECT_EQ(ParseOne("{type: Workload}", "MetricSource").cron, std::nullopt);
}

TEST(ParseSource, NamesWhatIsWrongWithASchedule) {
  const auto problem = [](const std::string& spec) {
    const auto source = ParseSource(Object("{type: " + spec + "}", "MetricSource"));
    EXPECT_FALSE(source) << spec;
    return source ? "" : source.error().message;
  };
  const std::string window = "name: w, start: 0 8 * * *, end: 0 9 * * *";
  EXPECT_EQ(problem("Cron"), "source: spec.cron is missing");
  EXPECT_EQ(problem("Workload, cron: {windows: []}"), "source: spec.cron goes with type Cron");
  EXPECT_EQ(problem("Cron, cron: {}"), "source: spec.cron.windows is missing or empty");
  EXPECT_EQ(problem("Cron, endpoint: 'http://a', cron: {}"),
            "source: spec.endpoint is nothing for type Cron");
  EXPECT_EQ(problem("Cron, auth: {}, cron: {}"), "source: spec.auth is nothing for type Cron");
  EXPECT_EQ(problem("Workload, tls: {}"), "source: spec.tls is nothing for type Workload");
  EXPECT_THAT(problem("Cron, cron: {timeZone: Mars/Base, windows: [{" + window + "}]}"),
              ::testing::HasSubstr("spec.cron.timeZone is unusable: "));
  EXPECT_EQ(problem("Cron, cron: {windows: [{" + window + "}]}"),
            "source: spec.cron.windows[0].desiredReplicas is missing");
  EXPECT_EQ(problem("Cron, cron: {windows: [{name: w, start: never, end: 0 9 * * *}]}"),
            "source: spec.cron.windows[0].start is unusable: cron: \"never\" is no minute");
  EXPECT_EQ(problem("Cron, cron: {windows: [{" + window + ", desiredReplicas: 1}, {" + window +
                    ", desiredReplicas: 1}]}"),
            "source: spec.cron.windows[1].name occurs twice");
  EXPECT_EQ(problem("Cron, cron: {windows: [{" + window + ", desiredReplicas: -1}]}"),
            "source: spec.cron.windows[0].desiredReplicas is -1 and not in 0 to 100000");
}

TEST(ParseSource, ReadsWhichFileIsMeant) {
  const SourceSpec source = ParseOne("{type: File, file: {path: queue/depth.v1.txt, format: YAML}}",
                                     "ClusterMetricSource");
  EXPECT_EQ(source.file, (FileSource{"queue/depth.v1.txt", DocumentFormat::kYaml}));
  EXPECT_EQ(ParseOne("{type: File, file: {path: a}}", "MetricSource").file->format,
            DocumentFormat::kJson);
  EXPECT_EQ(ParseOne("{type: File, file: {path: a, format: Exposition}}", "MetricSource").file,
            (FileSource{"a", std::nullopt}));
  const auto problem = [](const std::string& spec) {
    const auto bad = ParseSource(Object("{type: " + spec + "}", "MetricSource"));
    EXPECT_FALSE(bad) << spec;
    return bad ? "" : bad.error().message;
  };
  EXPECT_EQ(problem("File"), "source: spec.file is missing");
  EXPECT_EQ(problem("Workload, file: {path: a}"), "source: spec.file goes with type File");
  EXPECT_EQ(problem("File, file: {}"), "source: spec.file.path is missing");
  EXPECT_EQ(problem("File, endpoint: 'http://a', file: {path: a}"),
            "source: spec.endpoint is nothing for type File");
  EXPECT_EQ(problem("File, auth: {}, file: {path: a}"),
            "source: spec.auth is nothing for type File");
  EXPECT_EQ(problem("File, file: {path: a, format: TOML}"),
            "source: spec.file.format is none of the formats that can be read");
  for (const std::string path :
       {"/etc/passwd", "..", "a/../b", "a//b", "a/", "a/.hidden", "'a b'", "'a\\u0000b'", "~"}) {
    const auto bad =
        ParseSource(Object("{type: File, file: {path: " + path + "}}", "MetricSource"));
    EXPECT_FALSE(bad) << path;
  }
  EXPECT_THAT(problem("File, file: {path: " + std::string(513, 'a') + "}"),
              ::testing::HasSubstr("spec.file.path must be names"));
}

TEST(ParseSource, ReadsHowAMonitorIsAsked) {
  const SourceSpec source = ParseOne(R"({type: HTTP, endpoint: 'https://a',
      auth: {query: {name: key, value: {name: s, key: k}}},
      http: {format: XML, method: POST, body: <q/>, bodyType: text/xml}})",
                                     "MetricSource");
  ASSERT_TRUE(source.http);
  EXPECT_EQ(source.http->format, DocumentFormat::kXml);
  EXPECT_TRUE(source.http->post);
  EXPECT_EQ(source.http->body, "<q/>");
  EXPECT_EQ(source.http->body_type, "text/xml");
  EXPECT_FALSE(source.http->pods);
  EXPECT_EQ(source.query_name, "key");
  EXPECT_EQ(source.query_value, (SecretKeyRef{"s", "k"}));

  const SourceSpec pods = ParseOne(R"({type: HTTP, http: {pods: {port: 80, combine: Max,
      selector: {matchLabels: {b: '2', a: '1'}}, minAnswers: 3}}})",
                                   "MetricSource");
  ASSERT_TRUE(pods.http && pods.http->pods);
  EXPECT_EQ(pods.endpoint, "");
  EXPECT_EQ(pods.http->pods->selector.match_labels,
            (std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(pods.http->pods->port, 80);
  EXPECT_EQ(pods.http->pods->path, "/");
  EXPECT_FALSE(pods.http->pods->tls);
  EXPECT_EQ(pods.http->pods->combine, HttpSource::Pods::Combine::kMax);
  EXPECT_EQ(pods.http->pods->min_answers, 3U);
}

TEST(ParseSource, NamesWhatIsWrongWithHowAMonitorIsAsked) {
  const auto problem = [](const std::string& spec, const std::string& kind = "MetricSource") {
    const auto source = ParseSource(Object("{type: HTTP, " + spec + "}", kind));
    EXPECT_FALSE(source) << spec;
    return source ? "" : source.error().message;
  };
  const std::string plain = "endpoint: 'http://a', http: ";
  EXPECT_EQ(problem(plain + "{format: TOML}"),
            "source: spec.http.format is none of the formats that can be read");
  EXPECT_EQ(problem(plain + "{method: PUT}"), "source: spec.http.method is neither GET nor POST");
  EXPECT_EQ(problem(plain + "{body: x}"), "source: spec.http.body goes with method POST");
  EXPECT_EQ(problem(plain + "{method: POST, body: '" + std::string(20'000, 'x') + "'}"),
            "source: spec.http.body is longer than 16384 bytes");
  const auto pods = [](const std::string& more) {
    return "http: {pods: {port: 80, combine: Sum, selector: {matchLabels: {a: b}}" + more + "}}";
  };
  EXPECT_EQ(problem(pods("") + ", endpoint: 'http://a'"),
            "source: spec.endpoint is nothing beside http.pods");
  EXPECT_EQ(problem(pods(""), "ClusterMetricSource"),
            "source: spec.http.pods is nothing for a ClusterMetricSource, which has no namespace");
  EXPECT_EQ(problem(pods("") + ", auth: {bearer: {name: a, key: b}}"),
            "source: spec.http.pods.scheme must be HTTPS to send credentials");
  EXPECT_EQ(problem(pods("") + ", tls: {}"), "source: spec.http.pods.scheme must be HTTPS for tls");
  EXPECT_EQ(problem(pods(", scheme: FTP")),
            "source: spec.http.pods.scheme is neither HTTP nor HTTPS");
  EXPECT_EQ(problem(pods(", path: 'a'")),
            "source: spec.http.pods.path must begin with a slash and have neither blanks nor a "
            "fragment");
  EXPECT_EQ(problem(pods(", minAnswers: 0")),
            "source: spec.http.pods.minAnswers is 0 and not in 1 to 1000");
  EXPECT_EQ(problem("http: {pods: {port: 80, combine: Sum}}"),
            "source: spec.http.pods.selector.matchLabels is missing or empty");
  EXPECT_EQ(problem("http: {pods: {combine: Sum, selector: {matchLabels: {a: b}}}}"),
            "source: spec.http.pods.port is missing");
  EXPECT_EQ(problem("http: {pods: {port: 80, combine: Any, selector: {matchLabels: {a: b}}}}"),
            "source: spec.http.pods.combine is none of Sum, Average, Max and Min");
}

TEST(ParseSource, TellsClusterSourcesByTheirNamespaceWhereTheKindIsMissing) {
  const std::string spec = R"("spec":{"type":"HTTP","endpoint":"https://a"}})";
  const auto cluster = ParseSource(R"({"metadata":{"name":"x"},)" + spec);
  const auto local = ParseSource(R"({"metadata":{"name":"x","namespace":"n"},)" + spec);
  EXPECT_EQ(NameOf(*cluster), "ClusterMetricSource/x");
  EXPECT_EQ(NameOf(*local), "MetricSource/n/x");
}

}  // namespace
}  // namespace hpaplus
