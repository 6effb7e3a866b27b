#include "engine/replay/json_answers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "collectors/kube_metrics_reply.h"
#include "collectors/metrics_server_reply.h"
#include "collectors/numbers.h"

namespace hpaplus::replay {
namespace {

std::string_view ApiOf(MetricType type) {
  switch (type) {
    case MetricType::kPods:
      return "pods";
    case MetricType::kObject:
      return "object";
    case MetricType::kExternal:
      return "external";
    case MetricType::kSource:
      return "source";
    case MetricType::kResource:
    case MetricType::kContainerResource:
      return "resource";
    case MetricType::kFormula:
    case MetricType::kUnknown:
      break;
  }
  return "";
}

// A case may write a selector in another order than we do.
std::string Canonical(const std::string& text) {
  const Result<ParsedSelector> parsed = ParseSelector(text);
  return parsed ? parsed->ToString() : text;
}

// Item by item: of two samples of one pod the last one counts that has the resource, whatever
// namespace either of them names.
ReadingResult ReadPodUsage(const JsonField& response, const std::string& ns) {
  auto reading = std::make_shared<Reading>();
  reading->selected = true;
  std::vector<PodUsage> all;
  std::optional<Error> problem;
  response.Field("items").Each([&](const JsonField& item) {
    auto pods = collectors::ParsePodMetrics(R"({"items":[)" + item.Json() + "]}");
    if (!pods) {
      problem = pods.error();
      return;
    }
    for (PodUsage& usage : pods->Pods()) {
      usage.ns = ns;
      all.push_back(std::move(usage));
    }
  });
  if (problem) return *problem;
  if (all.empty()) return Error{ErrorCode::kNotFound, "no metrics returned"};
  std::ranges::stable_sort(all, {}, &PodUsage::pod);
  reading->pod_usage = PodUsageTable(all);
  return ReadingResult(std::move(reading));
}

ReadingResult ReadValues(const std::string& body, bool per_pod) {
  const auto values = collectors::ParseMetricValues(body);
  if (!values) return values.error();
  auto reading = std::make_shared<Reading>();
  reading->selected = true;
  for (const collectors::MetricValue& value : *values) {
    if (per_pod) {
      reading->pod_values.push_back({value.object, value.at, value.window, value.milli});
    } else {
      reading->values.push_back({value.at, value.value, value.milli});
    }
  }
  std::ranges::stable_sort(reading->pod_values, {}, &PodValue::pod);
  return ReadingResult(std::move(reading));
}

// A number of a source: JSON's own, or a text, which may be "NaN" or "+Inf".
double ReadNumber(const JsonField& field) {
  if (field.is_text()) {
    if (const auto number = collectors::ParseDouble(field.Text())) return *number;
    field.Fail("is not a number");
  }
  if (!field.present()) field.Fail("is missing");
  return field.Number().value_or(std::nan(""));
}

void ReadSample(const JsonField& field, Timestamp now, Reading& reading) {
  const double value = ReadNumber(field.Field("value"));
  const Timestamp at = field.Field("timestamp").Time().value_or(now);
  reading.values.push_back({at, value, collectors::MilliFromDouble(value)});
}

ReadingResult ReadSource(const JsonField& entry, Timestamp now) {
  auto reading = std::make_shared<Reading>();
  reading->received = now;
  if (entry.Field("value").present()) {
    ReadSample(entry, now, *reading);
  } else {
    entry.Field("response").Field("items").Each([&](const JsonField& item) {
      ReadSample(item, now, *reading);
    });
  }
  return ReadingResult(std::move(reading));
}

Error ReadError(const JsonField& field) {
  const std::string reason = field.Field("reason").Text();
  std::string message = field.Field("message").Text();
  return {reason == "NotFound" ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
          message.empty() ? reason : std::move(message)};
}

ReadingResult ReadReading(const JsonField& entry, const std::string& api, const std::string& ns,
                          Timestamp now) {
  if (entry.Field("error").present()) return ReadError(entry.Field("error"));
  if (api == "source") return ReadSource(entry, now);
  const JsonField response = entry.Field("response");
  if (!response.present()) {
    response.Fail("is missing, and so is an error");
    return Error{ErrorCode::kMalformedData, "no response"};
  }
  if (api == "resource") return ReadPodUsage(response, ns);
  return ReadValues(response.Json(), api == "pods");
}

MetricAnswer ReadAnswer(const JsonField& entry, const std::string& ns, Timestamp now) {
  MetricAnswer answer;
  answer.api = entry.Field("api").Required();
  constexpr std::array<std::string_view, 5> kApis = {"resource", "pods", "object", "external",
                                                     "source"};
  if (!answer.api.empty() && std::ranges::find(kApis, answer.api) == kApis.end()) {
    entry.Field("api").Fail("is none of resource, pods, object, external, source");
  }
  answer.metric = entry.Field("metric").Text();
  answer.selector = Canonical(entry.Field("metricSelector").Text());
  const JsonField object = entry.Field("object");
  answer.object = {object.Field("apiVersion").Text(), object.Field("kind").Text(),
                   object.Field("name").Text()};
  answer.source = {entry.Field("kind").Text(), entry.Field("name").Text()};
  answer.query = entry.Field("query").Text();
  answer.reading = ReadReading(entry, answer.api, ns, now);
  return answer;
}

std::string_view GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

// A metric API is asked for the resource, its group and its name, not for a version; for a core
// namespace not even for a name.
bool IsAbout(const MetricAnswer& answer, const ObjectRef& object) {
  const std::string_view group = GroupOf(object.api_version);
  if (answer.object.kind != object.kind) return false;
  if (object.kind == "Namespace" && group.empty()) return true;
  return GroupOf(answer.object.api_version) == group && answer.object.name == object.name;
}

bool IsAnswerTo(const MetricAnswer& answer, const MetricSpec& metric, const std::string& selector) {
  if (answer.api != ApiOf(metric.type)) return false;
  if (answer.api == "resource") return true;
  if (answer.api == "source") {
    return (answer.source.name.empty() || answer.source.name == metric.source.name) &&
           (answer.source.kind.empty() || answer.source.kind == metric.source.kind) &&
           (answer.query.empty() || answer.query == metric.query);
  }
  if (answer.metric != metric.metric || answer.selector != selector) return false;
  if (answer.api != "object") return true;
  return IsAbout(answer, metric.described_object);
}

}  // namespace

std::vector<MetricAnswer> ReadAnswers(const JsonField& list, const std::string& ns, Timestamp now) {
  std::vector<MetricAnswer> answers;
  list.Each([&](const JsonField& entry) { answers.push_back(ReadAnswer(entry, ns, now)); });
  return answers;
}

ReadingResult FindAnswer(const std::vector<MetricAnswer>& answers, const MetricSpec& metric) {
  std::string selector;
  if (metric.metric_selector) {
    const auto parsed = ConvertSelector(*metric.metric_selector);
    if (!parsed) return parsed.error();
    selector = parsed->ToString();
  }
  const ObjectRef& object = metric.described_object;
  if (metric.type == MetricType::kObject && !IsKnownKind(object.api_version, object.kind)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("no matches for kind {} in {}", object.kind, object.api_version)};
  }
  for (const MetricAnswer& answer : answers) {
    if (IsAnswerTo(answer, metric, selector)) return answer.reading;
  }
  return Error{ErrorCode::kNotFound, "the server could not find the requested resource"};
}

bool IsKnownKind(const std::string& api_version, const std::string& kind) {
  struct Group {
    std::string_view name;
    std::vector<std::string_view> kinds;
  };
  static const std::vector<Group> kGroups = {
      {"",
       {"Pod", "Service", "ReplicationController", "Namespace", "ConfigMap", "Secret", "Node",
        "Endpoints", "Event", "PersistentVolume", "PersistentVolumeClaim", "ServiceAccount",
        "LimitRange", "ResourceQuota", "PodTemplate", "Binding", "ComponentStatus"}},
      {"apps", {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ControllerRevision"}},
      {"autoscaling", {"HorizontalPodAutoscaler", "Scale"}},
      {"networking.k8s.io",
       {"Ingress", "IngressClass", "NetworkPolicy", "IPAddress", "ServiceCIDR"}},
  };
  const std::string_view group = GroupOf(api_version);
  return std::ranges::any_of(kGroups, [&](const Group& known) {
    return known.name == group && std::ranges::find(known.kinds, kind) != known.kinds.end();
  });
}

}  // namespace hpaplus::replay
