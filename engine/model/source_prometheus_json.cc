#include "engine/model/source_prometheus_json.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "engine/model/json_fields.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::size_t kHeadersMost = 16;
constexpr std::size_t kHeaderNameLongest = 128;
constexpr std::size_t kParametersMost = 16;
constexpr std::size_t kValueLongest = 1024;
constexpr std::size_t kNameLongest = 63;
constexpr std::size_t kQueryLongest = 8192;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A label's name, and what a group may be called.
bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kNameLongest && IsLetter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return IsLetter(c) || IsDigit(c); });
}

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Those that the transport decides on, and those that would be credentials outside auth.
bool IsReserved(const std::string& lower) {
  constexpr std::string_view kReserved[] = {
      "accept",     "accept-encoding", "authorization",
      "connection", "cookie",          "expect",
      "host",       "keep-alive",      "te",
      "trailer",    "upgrade",         "via",
      "forwarded",  "set-cookie",      "transfer-encoding",
  };
  return lower.starts_with("proxy-") || lower.starts_with("content-") ||
         std::ranges::find(kReserved, lower) != std::end(kReserved);
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= kHeaderNameLongest &&
         std::ranges::all_of(
             name, [](char c) { return (IsLetter(c) && c != '_') || IsDigit(c) || c == '-'; });
}

bool IsPlainText(std::string_view text) {
  return text.size() <= kValueLongest &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

std::string ReadName(const JsonField& field, std::string absent) {
  if (!field.present()) return absent;
  std::string name = field.Text();
  if (!IsName(name)) {
    field.Fail(fmt::format("is no name: letters, digits and _, at most {}", kNameLongest));
  }
  return name;
}

std::string ReadPromQl(const JsonField& field) {
  std::string query = field.Text();
  if (query.size() > kQueryLongest) field.Fail(fmt::format("is longer than {}", kQueryLongest));
  return query;
}

PrometheusGroup ReadGroup(const JsonField& field) {
  PrometheusGroup group;
  group.name = ReadName(field.Field("name"), {});
  if (group.name.empty()) field.Field("name").Fail("is missing");
  group.query = ReadPromQl(field.Field("query"));
  if (group.query.empty()) field.Field("query").Fail("is missing");
  group.timestamp = ReadPromQl(field.Field("timestamp"));
  const JsonField by = field.Field("by");
  by.Each([&](const JsonField& label) {
    std::string name = ReadName(label, {});
    if (std::ranges::find(group.by, name) != group.by.end()) label.Fail("is there twice");
    group.by.push_back(std::move(name));
  });
  if (group.by.size() > PrometheusSource::kLabelsMost) {
    by.Fail(fmt::format("has more than {} labels", PrometheusSource::kLabelsMost));
  }
  group.refresh =
      field.Field("refresh").Period(milliseconds(50), minutes(5)).value_or(group.refresh);
  return group;
}

PrometheusSource::Queries ReadQueries(const JsonField& field) {
  const std::string text = field.Text("Any");
  if (text == "Groups") return PrometheusSource::Queries::kGroups;
  if (text == "OwnGroups") return PrometheusSource::Queries::kOwnGroups;
  if (text != "Any") field.Fail("is none of Any, Groups and OwnGroups");
  return PrometheusSource::Queries::kAny;
}

// True for the first of two words, which is also the default.
bool ReadChoice(const JsonField& field, std::string_view first, std::string_view second) {
  const std::string text = field.Text(first);
  if (text != first && text != second) {
    field.Fail(fmt::format("is neither {} nor {}", first, second));
  }
  return text != second;
}

void CheckParameter(const JsonField& field, std::string_view key) {
  constexpr std::string_view kOurs[] = {"query", "time", "timeout", "start", "end", "step"};
  const bool ours = std::ranges::find(kOurs, key) != std::end(kOurs);
  if (key.empty() || key.size() > kNameLongest || ours) {
    field.Fail("cannot be a parameter of a query here");
  }
}

void ReadParameters(const JsonField& field, PrometheusSource& source) {
  const JsonField parameters = field.Field("queryParameters");
  parameters.EachField([&](std::string_view key, const JsonField& value) {
    CheckParameter(value, key);
    std::string text = value.Text();
    if (text.size() > kValueLongest) value.Fail(fmt::format("is longer than {}", kValueLongest));
    source.query_parameters.insert_or_assign(std::string(key), std::move(text));
  });
  if (source.query_parameters.size() > kParametersMost) {
    parameters.Fail(fmt::format("has more than {} entries", kParametersMost));
  }
  const JsonField ns = field.Field("namespaceParameter");
  if (!ns.present()) return;
  source.namespace_parameter = ns.Required();
  CheckParameter(ns, source.namespace_parameter);
  if (source.query_parameters.contains(source.namespace_parameter)) {
    ns.Fail("is among queryParameters, too");
  }
}

void ReadGroups(const JsonField& field, PrometheusSource& source) {
  const JsonField groups = field.Field("groups");
  groups.Each([&](const JsonField& item) {
    PrometheusGroup group = ReadGroup(item);
    if (std::ranges::find(source.groups, group.name, &PrometheusGroup::name) !=
        source.groups.end()) {
      item.Field("name").Fail("is there twice");
    }
    const bool has_namespace =
        std::ranges::find(group.by, source.namespace_label) != group.by.end();
    if (source.queries == PrometheusSource::Queries::kOwnGroups && !has_namespace) {
      item.Field("by").Fail(
          fmt::format("lacks {}, which queries: OwnGroups needs", source.namespace_label));
    }
    source.groups.push_back(std::move(group));
  });
  if (source.groups.size() > PrometheusSource::kGroupsMost) {
    groups.Fail(fmt::format("has more than {} groups", PrometheusSource::kGroupsMost));
  }
  if (!source.groups.empty() && !source.namespace_parameter.empty()) {
    groups.Fail("are shared by all namespaces, namespaceParameter asks for one at a time");
  }
}

}  // namespace

void ReadHeaders(const JsonField& spec, SourceSpec& source) {
  const JsonField headers = spec.Field("headers");
  if (!headers.present()) return;
  if (!source.endpoint.starts_with("http")) headers.Fail("go with an http or https endpoint");
  headers.EachField([&](std::string_view key, const JsonField& value) {
    const std::string lower = LowerCase(std::string(key));
    if (!IsHeaderName(key)) {
      headers.Fail(
          fmt::format("has a name that is none of a header: letters, digits and -, at "
                      "most {}",
                      kHeaderNameLongest));
    } else if (IsReserved(lower)) {
      value.Fail("cannot be set here");
    } else if (source.header_name && LowerCase(*source.header_name) == lower) {
      value.Fail("is auth.header, too");
    }
    std::string text = value.Text();
    if (!IsPlainText(text)) {
      value.Fail(fmt::format("is not printable ASCII of at most {} characters", kValueLongest));
    }
    source.headers.insert_or_assign(std::string(key), std::move(text));
  });
  if (source.headers.size() > kHeadersMost) {
    headers.Fail(fmt::format("has more than {} entries", kHeadersMost));
  }
}

void ReadPrometheus(const JsonField& spec, SourceSpec& source) {
  const JsonField field = spec.Field("prometheus");
  if (source.type != "Prometheus") {
    if (field.present()) field.Fail("goes with type Prometheus only");
    return;
  }
  PrometheusSource& prometheus = source.prometheus.emplace();
  prometheus.queries = ReadQueries(field.Field("queries"));
  prometheus.namespace_label =
      ReadName(field.Field("namespaceLabel"), std::move(prometheus.namespace_label));
  prometheus.sample_time = ReadChoice(field.Field("sampleTime"), "Sample", "Evaluation");
  prometheus.accepts_partial = !ReadChoice(field.Field("partialAnswers"), "Refuse", "Accept");
  ReadParameters(field, prometheus);
  ReadGroups(field, prometheus);
  if (prometheus.queries != PrometheusSource::Queries::kAny && prometheus.groups.empty()) {
    field.Field("groups").Fail("are missing, and nothing else may be asked");
  }
}

}  // namespace hpaplus
