// The CEL rules of charts/hpaplus/crds in C++, with the same messages. What is a wrong type here is
// the schema's business and passed over.

#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/quantity.h"
#include "engine/model/problem_text.h"
#include "engine/model/schema_format.h"
#include "engine/model/spec_check.h"

namespace hpaplus {
namespace {

using Json = nlohmann::ordered_json;
using Problems = std::vector<FieldProblem>;

// Null: there is none.
const Json* Find(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const auto found = object->find(key);
  return found == object->end() || found->is_null() ? nullptr : &*found;
}

std::string TextOf(const Json* value) {
  return value != nullptr && value->is_string() ? value->get<std::string>() : "";
}

std::optional<Duration> DurationOf(const Json* value) {
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return ReadLooseDuration(value->get_ref<const std::string&>());
}

std::optional<Quantity> QuantityOf(const Json* value) {
  if (value == nullptr || !(value->is_string() || value->is_number_integer())) return std::nullopt;
  const auto quantity = Quantity::Parse(value->is_string() ? TextOf(value) : ValueText(*value));
  if (!quantity) return std::nullopt;
  return *quantity;
}

bool IsWhole(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

class Rules {
 public:
  explicit Rules(Problems& problems) : problems_(problems) {}

  void CheckWorkload(const Json& root) {
    const Json* spec = Find(&root, "spec");
    CheckBounds(spec);
    const Json* evaluation = Find(spec, "evaluation");
    const Json* period = Find(evaluation, "period");
    const Json* timeout = Find(evaluation, "timeout");
    CheckDuration(period, "spec.evaluation.period", "1s", "1h");
    CheckDuration(timeout, "spec.evaluation.timeout", "50ms", "5m");
    if (DurationOf(timeout).value_or(Duration::min()) >
        DurationOf(period).value_or(Duration::max())) {
      Refuse("spec.evaluation", "evaluation.timeout must not exceed evaluation.period");
    }
    CheckMetrics(Find(spec, "metrics"));
    for (const char* direction : {"scaleUp", "scaleDown"}) {
      const Json* tolerance = Find(Find(Find(spec, "behavior"), direction), "tolerance");
      CheckTolerance(tolerance, fmt::format("spec.behavior.{}.tolerance", direction));
    }
  }

  void CheckSource(const Json& root) {
    const Json* spec = Find(&root, "spec");
    const Json* auth = Find(spec, "auth");
    const Json* tls = Find(spec, "tls");
    const int ways = Count(auth, {"bearer", "basic", "header"});
    if (ways > 1) Refuse("spec.auth", "set at most one of bearer, basic, header");
    if (Count(tls, {"clientCert", "clientKey"}) == 1) {
      Refuse("spec.tls", "clientCert and clientKey go together");
    }
    CheckDuration(Find(Find(spec, "limits"), "timeout"), "spec.limits.timeout", "50ms", "60s");
    CheckDuration(Find(spec, "cacheFor"), "spec.cacheFor", "0s", "5m");
    const Json* allowed = Find(spec, "allowedNamespaces");
    if (allowed != nullptr &&
        (TextOf(Find(allowed, "from")) == "Selector") != (Find(allowed, "selector") != nullptr)) {
      Refuse("spec.allowedNamespaces", "selector goes with from: Selector");
    }
    const Json* endpoint = Find(spec, "endpoint");
    if (endpoint == nullptr || TextOf(endpoint).starts_with("https://")) return;
    if (auth != nullptr) Refuse("spec", "credentials are only sent over TLS");
    if (tls != nullptr) Refuse("spec", "tls needs an https endpoint");
  }

 private:
  // A rule about an object or a list; those are not printed.
  void Refuse(std::string path, std::string_view message) {
    problems_.push_back(InvalidValue(std::move(path), "", message));
  }

  void Refuse(const std::string& path, const Json& value, const std::string& message) {
    problems_.push_back(InvalidValue(path, ValueText(value), message));
  }

  // The schema takes 3.0 for an integer; a rule that looks at it does not.
  void RefuseFloat(const std::string& path, std::string_view rule) {
    const auto message =
        fmt::format("invalid data, expected int, got float64 evaluating rule: {}", rule);
    problems_.push_back(InvalidValue(path, "\"object\"", message));
  }

  static int Count(const Json* object, std::initializer_list<const char*> keys) {
    int count = 0;
    for (const char* key : keys)
      count += Find(object, key) != nullptr ? 1 : 0;
    return count;
  }

  void CheckBounds(const Json* spec) {
    const Json* least = Find(spec, "minReplicas");
    const Json* most = Find(spec, "maxReplicas");
    if (least == nullptr || most == nullptr || !least->is_number() || !most->is_number()) return;
    constexpr std::string_view kMessage = "minReplicas must not exceed maxReplicas";
    if (!IsWhole(*least) || !IsWhole(*most)) return;
    if (least->is_number_float() || most->is_number_float()) {
      RefuseFloat("spec", kMessage);
    } else if (*least > *most) {
      Refuse("spec", kMessage);
    }
  }

  void CheckDuration(const Json* value, const std::string& path, const std::string& least,
                     const std::string& most) {
    const auto duration = DurationOf(value);
    if (!duration) return;
    if (*duration < *ParseDuration(least)) Refuse(path, *value, "must be at least " + least);
    if (*duration > *ParseDuration(most)) Refuse(path, *value, "must be at most " + most);
  }

  void CheckTolerance(const Json* value, const std::string& path) {
    const auto tolerance = QuantityOf(value);
    if (!tolerance) return;
    if (tolerance->Sign() < 0) Refuse(path, *value, "must be at least 0");
    if (*tolerance > *Quantity::Parse("10")) Refuse(path, *value, "must be at most 10");
  }

  void CheckMetrics(const Json* metrics) {
    if (metrics == nullptr || !metrics->is_array()) return;
    std::set<std::string> names;
    bool unique = true;
    for (std::size_t i = 0; i < metrics->size(); ++i) {
      const Json& metric = (*metrics)[i];
      CheckMetric(metric, fmt::format("spec.metrics[{}]", i));
      const Json* name = Find(&metric, "name");
      if (name != nullptr) unique = names.insert(ValueText(*name)).second && unique;
    }
    if (!unique) Refuse("spec.metrics", "metric names must be unique");
  }

  void CheckMetric(const Json& metric, const std::string& path) {
    constexpr std::pair<const char*, const char*> kBlocks[] = {
        {"Resource", "resource"}, {"ContainerResource", "containerResource"},
        {"Pods", "pods"},         {"Object", "object"},
        {"External", "external"}, {"Source", "source"}};
    const std::string type = TextOf(Find(&metric, "type"));
    bool known = false;
    bool fits = true;
    for (const auto& [name, key] : kBlocks) {
      known = known || type == name;
      const Json* block = Find(&metric, key);
      fits = fits && (type == name) == (block != nullptr);
      CheckTarget(Find(block, "target"), fmt::format("{}.{}.target", path, key),
                  type == "Source" && block != nullptr);
    }
    if (known && !fits) Refuse(path, "set exactly the block that type names");
    CheckDuration(Find(Find(&metric, "validity"), "staleAfter"), path + ".validity.staleAfter",
                  "1s", "1h");
  }

  void CheckTarget(const Json* target, const std::string& path, bool of_source) {
    if (target == nullptr || !target->is_object()) return;
    constexpr std::pair<const char*, const char*> kFields[] = {
        {"Value", "value"},
        {"AverageValue", "averageValue"},
        {"Utilization", "averageUtilization"}};
    const std::string type = TextOf(Find(target, "type"));
    bool known = false;
    bool fits = true;
    for (const auto& [name, key] : kFields) {
      const Json* value = Find(target, key);
      known = known || (type == name && !(of_source && type == "Utilization"));
      fits = fits && (type == name) == (value != nullptr);
      const bool is_quantity = std::string_view(name) != "Utilization";
      const auto quantity = is_quantity ? QuantityOf(value) : std::nullopt;
      if (quantity && quantity->Sign() <= 0) {
        Refuse(path + "." + key, *value, "must be greater than 0");
      }
    }
    if (!known) return;
    const std::string message =
        "set exactly the field that target.type names: " +
        std::string(of_source ? "value or averageValue"
                              : "value, averageValue or averageUtilization");
    const Json* percent = Find(target, "averageUtilization");
    if (percent != nullptr && percent->is_number_float() && IsWhole(*percent)) {
      RefuseFloat(path, message);
    } else if (!fits) {
      Refuse(path, message);
    }
  }

  Problems& problems_;
};

}  // namespace

std::vector<FieldProblem> CheckRules(const nlohmann::ordered_json& object) {
  Problems problems;
  const std::string kind = TextOf(Find(&object, "kind"));
  if (kind == "HPAPlus") {
    Rules(problems).CheckWorkload(object);
  } else if (kind == "MetricSource" || kind == "ClusterMetricSource") {
    Rules(problems).CheckSource(object);
  }
  return problems;
}

bool BlocksRules(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::kRequired:
    case ProblemKind::kNotSupported:
    case ProblemKind::kTooLong:
    case ProblemKind::kTooMany:
    case ProblemKind::kTypeInvalid:
    case ProblemKind::kUnknownField:
    case ProblemKind::kUnknownKind:
      return true;
    case ProblemKind::kInvalid:
    case ProblemKind::kDuplicate:
      return false;
  }
  return false;
}

}  // namespace hpaplus
