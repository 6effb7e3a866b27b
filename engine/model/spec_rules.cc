// The CEL rules of charts/hpaplus/crds in C++, with the same messages. What is a wrong type here is
// the schema's business and passed over.

#include <set>
#include <utility>

#include <fmt/core.h>

#include "engine/model/problem_text.h"
#include "engine/model/quota_rules.h"
#include "engine/model/rule_checks.h"
#include "engine/model/safety_rules.h"
#include "engine/model/shape_rules.h"
#include "engine/model/source_type.h"
#include "engine/model/spec_check.h"

namespace hpaplus {
namespace {

class Rules : RuleChecks {
 public:
  explicit Rules(Problems& problems) : RuleChecks(problems) {}

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
      CheckQuantity(tolerance, fmt::format("spec.behavior.{}.tolerance", direction), "0", "10");
    }
  }

  void CheckSource(const Json& root) {
    const Json* spec = Find(&root, "spec");
    const Json* auth = Find(spec, "auth");
    const Json* tls = Find(spec, "tls");
    const int ways = Count(auth, {"bearer", "basic", "header", "query"});
    if (ways > 1) Refuse("spec.auth", "set at most one of bearer, basic, header, query");
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
    CheckDuration(Find(Find(spec, "push"), "forgetAfter"), "spec.push.forgetAfter", "10s", "1h");
    CheckType(spec);
    CheckPush(spec);
    CheckScrape(spec);
  }

 private:
  void CheckType(const Json* spec) {
    const bool has_auth = Find(spec, "auth") != nullptr;
    const bool has_tls = Find(spec, "tls") != nullptr;
    const Json* endpoint = Find(spec, "endpoint");
    const std::string url = TextOf(endpoint);
    if (endpoint != nullptr && !url.starts_with("https://") && !url.starts_with("grpcs://")) {
      if (has_auth) Refuse("spec", "credentials are only sent over TLS");
      if (has_tls) Refuse("spec", "tls needs an endpoint with TLS");
    }
    const SourceType* type = FindSourceType(TextOf(Find(spec, "type")));
    if (type == nullptr) return;
    if (Find(Find(spec, "auth"), "query") != nullptr && !type->secure.starts_with("https")) {
      Refuse("spec", "auth.query goes with the types HTTP and Prometheus");
    }
    CheckBlocks(spec, std::string(type->name));
    if ((has_auth || has_tls) && !type->takes_credentials) {
      Refuse("spec", "auth and tls go with the types that connect to somebody");
    }
    const bool asks_pods = CheckHttp(Find(spec, "http"), has_auth || has_tls);
    if ((type->has_endpoint() && !asks_pods) != (endpoint != nullptr)) {
      Refuse("spec", "an endpoint goes with the types that ask one, and with no other");
    }
    if (endpoint != nullptr && url.starts_with("grpc") != type->secure.starts_with("grpc")) {
      Refuse("spec", "the endpoint does not have the scheme of its type");
    }
    if (Find(spec, "headers") != nullptr && !url.starts_with("http")) {
      Refuse("spec", "headers go with an http or https endpoint");
    }
    for (const auto& [block, owner] :
         {std::pair("grpc", "GRPC"), std::pair("kedaExternalScaler", "KedaExternalScaler"),
          std::pair("prometheus", "Prometheus"), std::pair("push", "Push"),
          std::pair("http", "HTTP")}) {
      if (Find(spec, block) != nullptr && type->name != owner) {
        Refuse("spec", fmt::format("{} goes with type {}", block, owner));
      }
    }
  }

  // Whether pods are asked.
  bool CheckHttp(const Json* http, bool needs_tls) {
    if (Find(http, "body") != nullptr && TextOf(Find(http, "method")) != "POST") {
      Refuse("spec.http", "body goes with method: POST");
    }
    const Json* pods = Find(http, "pods");
    if (pods != nullptr && needs_tls && TextOf(Find(pods, "scheme")) != "HTTPS") {
      Refuse("spec", "credentials and tls need pods.scheme: HTTPS");
    }
    return pods != nullptr;
  }

  // Blocks that belong to one type and that it cannot do without.
  void CheckBlocks(const Json* spec, const std::string& type) {
    constexpr std::pair<const char*, const char*> kBlocks[] = {
        {"cron", "Cron"}, {"file", "File"}, {"scrape", "Scrape"}};
    for (const auto& [block, owner] : kBlocks) {
      if ((Find(spec, block) != nullptr) != (type == owner)) {
        Refuse("spec", fmt::format("{} goes with type {}", block, owner));
      }
    }
  }

  void CheckPush(const Json* spec) {
    if (TextOf(Find(spec, "type")) != "Push") return;
    const Json* anonymous = Find(Find(spec, "push"), "anonymous");
    const bool open = anonymous != nullptr && *anonymous == true;
    if ((Find(spec, "auth") != nullptr) == open) {
      Refuse("spec", "type Push wants either auth or push.anonymous");
    }
    if (Find(spec, "tls") != nullptr) {
      Refuse("spec", "tls goes with the types that connect to somebody");
    }
  }

  void CheckScrape(const Json* spec) {
    const Json* scrape = Find(spec, "scrape");
    const bool secret = Find(spec, "auth") != nullptr || Find(spec, "tls") != nullptr;
    if (scrape != nullptr && secret && TextOf(Find(scrape, "scheme")) != "HTTPS") {
      Refuse("spec", "auth and tls need scrape.scheme HTTPS");
    }
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
        {"External", "external"}, {"Source", "source"},
        {"Formula", "formula"}};
    const std::string type = TextOf(Find(&metric, "type"));
    bool known = false;
    bool fits = true;
    for (const auto& [name, key] : kBlocks) {
      known = known || type == name;
      const Json* block = Find(&metric, key);
      fits = fits && (type == name) == (block != nullptr);
      CheckTarget(Find(block, "target"), fmt::format("{}.{}.target", path, key),
                  (type == "Source" || type == "Formula") && block != nullptr);
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
};

}  // namespace

std::vector<FieldProblem> CheckRules(const nlohmann::ordered_json& object) {
  RuleChecks::Problems problems;
  const std::string kind = RuleChecks::TextOf(RuleChecks::Find(&object, "kind"));
  if (kind == "HPAPlus") {
    Rules(problems).CheckWorkload(object);
    SafetyRules(problems).Check(RuleChecks::Find(&object, "spec"));
    ShapeRules(problems).Check(RuleChecks::Find(&object, "spec"));
  } else if (kind == "MetricSource" || kind == "ClusterMetricSource") {
    Rules(problems).CheckSource(object);
  } else if (kind == "DynamicQuota") {
    QuotaRules(problems).CheckQuota(object);
  } else if (kind == "QuotaPool") {
    QuotaRules(problems).CheckPool(object);
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
