#include "engine/model/hpa_admission.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/core.h>

namespace hpaplus {
namespace {

constexpr std::int32_t kPeriodMost = 1800;
constexpr std::int32_t kWindowMost = 3600;
constexpr std::size_t kSubdomainMost = 253;
constexpr std::size_t kLabelMost = 63;

constexpr std::string_view kNoSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";
constexpr std::string_view kNoLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'";
constexpr std::string_view kNoQualifiedName =
    "a qualified name must consist of alphanumeric characters, '-', '_' or '.'";

bool IsLower(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool IsAlphanumeric(char c) {
  return IsLower(c) || (c >= 'A' && c <= 'Z');
}

bool IsLabelText(std::string_view text) {
  if (text.empty() || !IsLower(text.front()) || !IsLower(text.back())) return false;
  return std::ranges::all_of(text, [](char c) { return IsLower(c) || c == '-'; });
}

bool IsSubdomainText(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!IsLabelText(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsNamePart(std::string_view text) {
  if (text.empty() || !IsAlphanumeric(text.front()) || !IsAlphanumeric(text.back())) return false;
  return std::ranges::all_of(
      text, [](char c) { return IsAlphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

// What is wrong with a name; one text for each complaint.
using Complaints = std::vector<std::string>;

Complaints CheckSubdomain(std::string_view text) {
  Complaints out;
  if (text.size() > kSubdomainMost) out.emplace_back("must be no more than 253 bytes");
  if (!IsSubdomainText(text)) out.emplace_back(kNoSubdomain);
  return out;
}

Complaints CheckLabel(std::string_view text) {
  Complaints out;
  if (text.size() > kLabelMost) out.emplace_back("must be no more than 63 bytes");
  if (!IsLabelText(text)) out.emplace_back(kNoLabel);
  return out;
}

Complaints CheckPathSegment(std::string_view text) {
  if (text == "." || text == "..") return {fmt::format("may not be '{}'", text)};
  Complaints out;
  for (const char illegal : {'/', '%'}) {
    if (text.find(illegal) != std::string_view::npos) {
      out.push_back(fmt::format("may not contain '{}'", illegal));
    }
  }
  return out;
}

Complaints CheckQualifiedName(std::string_view text) {
  Complaints out;
  const std::size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) return {std::string(kNoQualifiedName)};
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& complaint : CheckSubdomain(prefix))
        out.push_back("prefix part " + complaint);
    }
  }
  if (name.empty()) out.emplace_back("name part must be non-empty");
  if (name.size() > kLabelMost) out.emplace_back("name part must be no more than 63 bytes");
  if (!IsNamePart(name)) out.push_back("name part " + std::string(kNoQualifiedName));
  return out;
}

bool IsContainerResource(std::string_view name) {
  return name == "cpu" || name == "memory" || name == "ephemeral-storage" ||
         name.starts_with("hugepages-");
}

bool IsStandardResource(std::string_view name) {
  constexpr std::array<std::string_view, 17> kNames = {"requests.cpu",
                                                       "requests.memory",
                                                       "requests.ephemeral-storage",
                                                       "limits.cpu",
                                                       "limits.memory",
                                                       "limits.ephemeral-storage",
                                                       "pods",
                                                       "resourcequotas",
                                                       "services",
                                                       "replicationcontrollers",
                                                       "secrets",
                                                       "configmaps",
                                                       "persistentvolumeclaims",
                                                       "storage",
                                                       "requests.storage",
                                                       "services.nodeports",
                                                       "services.loadbalancers"};
  return IsContainerResource(name) || std::ranges::find(kNames, name) != kNames.end();
}

Complaints CheckContainerResource(std::string_view name) {
  Complaints out = CheckQualifiedName(name);
  const bool qualified = name.find('/') != std::string_view::npos;
  if (!qualified) {
    if (out.empty() && !IsStandardResource(name)) {
      out.emplace_back("must be a standard resource type or fully qualified");
    }
    if (!IsContainerResource(name)) out.emplace_back("must be a standard resource for containers");
    return out;
  }
  if (name.find("kubernetes.io/") != std::string_view::npos) return out;
  const bool extended =
      !name.starts_with("requests.") && CheckQualifiedName("requests." + std::string(name)).empty();
  if (!extended) out.emplace_back("doesn't follow extended resource name standard");
  return out;
}

// The group of an apiVersion; null when it has more than one slash.
std::optional<std::string_view> GroupOf(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return std::string_view();
  if (api_version == "/") return std::string_view();
  if (api_version.find('/', slash + 1) != std::string_view::npos) return std::nullopt;
  return api_version.substr(0, slash);
}

// Which apiVersions a reference may have.
struct VersionRules {
  bool any = false;
  bool without_group = false;
};

class Validation {
 public:
  Validation(const HpaObject& object, const HpaObject* old, const HpaGates& gates)
      : spec_(object.spec), old_(old == nullptr ? nullptr : &old->spec), gates_(gates) {
    CheckName(object.name);
    if (object.ns.empty()) Required("metadata.namespace", "");
    CheckBounds();
    CheckReference("spec.scaleTargetRef", spec_.target, TargetRules());
    for (std::size_t i = 0; i < spec_.metrics.size(); ++i)
      CheckMetric(fmt::format("spec.metrics[{}]", i), spec_.metrics[i]);
    if (spec_.min_replicas == 0 && !HasMetricForZero()) {
      Add("FieldValueForbidden", "spec.metrics",
          "must specify at least one Object or External metric to support scaling to zero "
          "replicas");
    }
    if (spec_.behavior) {
      CheckRules("spec.behavior.scaleUp", spec_.behavior->scale_up);
      CheckRules("spec.behavior.scaleDown", spec_.behavior->scale_down);
    }
  }

  std::vector<HpaProblem> Take() {
    // What is in a field comes before the field itself.
    std::ranges::sort(problems_, {}, [](const HpaProblem& problem) {
      return problem.field + problem.type + problem.detail;
    });
    return std::move(problems_);
  }

 private:
  void Add(std::string_view type, std::string field, std::string_view detail) {
    problems_.push_back({std::string(type), std::move(field), std::string(detail)});
  }
  void Required(std::string field, std::string_view detail) {
    Add("FieldValueRequired", std::move(field), detail);
  }
  void Invalid(std::string field, std::string_view detail) {
    Add("FieldValueInvalid", std::move(field), detail);
  }
  void Invalid(const std::string& field, const Complaints& complaints) {
    for (const std::string& complaint : complaints)
      Invalid(field, complaint);
  }

  void CheckName(std::string_view name) {
    if (name.empty()) return Required("metadata.name", "name or generateName is required");
    Invalid("metadata.name", CheckSubdomain(name));
  }

  void CheckBounds() {
    const bool zero = gates_.scale_to_zero || (old_ != nullptr && old_->min_replicas == 0);
    const std::int32_t least = zero ? 0 : 1;
    if (spec_.min_replicas && *spec_.min_replicas < least) {
      Invalid("spec.minReplicas", fmt::format("must be greater than or equal to {}", least));
    }
    if (spec_.max_replicas == 0) {
      Required("spec.maxReplicas", "must be set and greater than 0");
    } else if (spec_.max_replicas < 1) {
      Invalid("spec.maxReplicas", "must be greater than or equal to 1");
    }
    if (spec_.min_replicas && spec_.max_replicas < *spec_.min_replicas) {
      Invalid("spec.maxReplicas", "must be greater than or equal to `minReplicas`");
    }
  }

  [[nodiscard]] VersionRules TargetRules() const {
    const bool same = old_ != nullptr && old_->target.kind == spec_.target.kind &&
                      old_->target.api_version == spec_.target.api_version;
    return {same, spec_.target.kind == "ReplicationController"};
  }

  // A stored object keeps its old mistakes.
  [[nodiscard]] VersionRules DescribedRules() const {
    const bool had_bad_one =
        old_ != nullptr && std::ranges::any_of(old_->metrics, [](const HpaMetric& metric) {
          return metric.object && !GroupOf(metric.object->described_object.api_version);
        });
    return {had_bad_one, true};
  }

  void CheckReference(const std::string& path, const ObjectRef& ref, const VersionRules& rules) {
    for (const auto& [field, text] : {std::pair("kind", &ref.kind), {"name", &ref.name}}) {
      if (text->empty()) {
        Required(path + "." + field, "");
      } else {
        Invalid(path + "." + field, CheckPathSegment(*text));
      }
    }
    if (rules.any) return;
    const auto group = GroupOf(ref.api_version);
    if (!group) {
      Invalid(path + ".apiVersion", "unexpected GroupVersion string: " + ref.api_version);
    } else if (group->empty() && !rules.without_group) {
      Invalid(path + ".apiVersion", "apiVersion must specify API group");
    }
  }

  [[nodiscard]] bool HasMetricForZero() const {
    return std::ranges::any_of(spec_.metrics, [](const HpaMetric& metric) {
      return metric.type == "Object" || metric.type == "External";
    });
  }

  void CheckMetric(const std::string& path, const HpaMetric& metric) {
    struct Block {
      std::string_view type;
      std::string_view field;
      const std::optional<HpaMetricSource>* source;
      void (Validation::*check)(const std::string&, const HpaMetricSource&);
    };
    const std::array<Block, 5> blocks = {
        {{"Object", "object", &metric.object, &Validation::CheckObject},
         {"External", "external", &metric.external, &Validation::CheckExternal},
         {"Pods", "pods", &metric.pods, &Validation::CheckPods},
         {"Resource", "resource", &metric.resource, &Validation::CheckResource},
         {"ContainerResource", "containerResource", &metric.container_resource,
          &Validation::CheckContainer}}};
    if (metric.type.empty()) Required(path + ".type", "must specify a metric source type");
    std::size_t present = 0;
    bool known = false;
    for (const Block& block : blocks) {
      const std::string field = fmt::format("{}.{}", path, block.field);
      if (*block.source && present++ == 0) (this->*block.check)(field, **block.source);
      if (block.type != metric.type) continue;
      known = true;
      if (!*block.source) {
        Required(field, "must populate information for the given metric source");
      }
    }
    // The API server has two checks for this, and both speak.
    for (int i = 0; !known && i < 2; ++i) {
      Add("FieldValueNotSupported", path + ".type",
          R"(supported values: "ContainerResource", "External", "Object", "Pods", "Resource")");
    }
    if (present == 1) return;
    for (const Block& block : blocks) {
      if (!*block.source || block.type == metric.type) continue;
      Add("FieldValueForbidden", fmt::format("{}.{}", path, block.field),
          "must populate the given metric source only");
    }
  }

  void CheckIdentifier(const std::string& path, const HpaMetricSource& source) {
    if (source.name.empty()) return Required(path + ".name", "must specify a metric name");
    Invalid(path + ".name", CheckPathSegment(source.name));
  }

  void CheckTarget(const std::string& path, const HpaTarget& target) {
    if (target.type.empty()) Required(path + ".type", "must specify a metric target type");
    if (target.type != "Utilization" && target.type != "Value" && target.type != "AverageValue") {
      Invalid(path + ".type", "must be either Utilization, Value, or AverageValue");
    }
    if (target.value && target.value->value.Sign() != 1) {
      Invalid(path + ".value", "must be positive");
    }
    if (target.average_value && target.average_value->value.Sign() != 1) {
      Invalid(path + ".averageValue", "must be positive");
    }
    if (target.average_utilization && *target.average_utilization < 1) {
      Invalid(path + ".averageUtilization", "must be greater than 0");
    }
  }

  void CheckObject(const std::string& path, const HpaMetricSource& source) {
    CheckReference(path + ".describedObject", source.described_object, DescribedRules());
    CheckIdentifier(path + ".metric", source);
    CheckTarget(path + ".target", source.target);
    if (!source.target.value && !source.target.average_value) {
      Required(path + ".target.averageValue", "must set either a target value or averageValue");
    }
  }

  void CheckExternal(const std::string& path, const HpaMetricSource& source) {
    CheckIdentifier(path + ".metric", source);
    CheckTarget(path + ".target", source.target);
    if (!source.target.value && !source.target.average_value) {
      Required(path + ".target.averageValue",
               "must set either a target value for metric or a per-pod target");
    }
    if (source.target.value && source.target.average_value) {
      Add("FieldValueForbidden", path + ".target.value",
          "may not set both a target value for metric and a per-pod target");
    }
  }

  void CheckPods(const std::string& path, const HpaMetricSource& source) {
    CheckIdentifier(path + ".metric", source);
    CheckTarget(path + ".target", source.target);
    if (!source.target.average_value) {
      Required(path + ".target.averageValue", "must specify a positive target averageValue");
    }
  }

  void CheckUsageTarget(const std::string& path, const HpaTarget& target) {
    CheckTarget(path, target);
    if (!target.average_utilization && !target.average_value) {
      Required(path + ".averageUtilization",
               "must set either a target raw value or a target utilization");
    }
    if (target.average_utilization && target.average_value) {
      Add("FieldValueForbidden", path + ".averageValue",
          "may not set both a target raw value and a target utilization");
    }
  }

  void CheckResource(const std::string& path, const HpaMetricSource& source) {
    if (source.name.empty()) Required(path + ".name", "must specify a resource name");
    CheckUsageTarget(path + ".target", source.target);
  }

  void CheckContainer(const std::string& path, const HpaMetricSource& source) {
    if (source.name.empty()) {
      Required(path + ".name", "must specify a resource name");
    } else {
      Invalid(path + ".name", CheckContainerResource(source.name));
    }
    if (source.container.empty()) {
      Required(path + ".container", "must specify a container");
    } else {
      Invalid(path + ".container", CheckLabel(source.container));
    }
    CheckUsageTarget(path + ".target", source.target);
  }

  void CheckRules(const std::string& path, const std::optional<HpaRules>& rules) {
    if (!rules) return;
    if (const auto window = rules->stabilization_window_seconds) {
      const std::string field = path + ".stabilizationWindowSeconds";
      if (*window < 0) Invalid(field, "must be greater than or equal to zero");
      if (*window > kWindowMost) {
        Invalid(field, fmt::format("must be less than or equal to {}", kWindowMost));
      }
    }
    if (const auto& select = rules->select_policy;
        select && *select != "Max" && *select != "Min" && *select != "Disabled") {
      Add("FieldValueNotSupported", path + ".selectPolicy",
          R"(supported values: "Disabled", "Max", "Min")");
    }
    if (!rules->policies || rules->policies->empty()) {
      Required(path + ".policies", "must specify at least one Policy");
    } else {
      for (std::size_t i = 0; i < rules->policies->size(); ++i)
        CheckPolicy(fmt::format("{}.policies[{}]", path, i), (*rules->policies)[i]);
    }
    if (rules->tolerance && rules->tolerance->value.Sign() < 0) {
      Invalid(path + ".tolerance", "must be greater than or equal to 0");
    }
  }

  void CheckPolicy(const std::string& path, const HpaPolicy& policy) {
    if (policy.type != "Pods" && policy.type != "Percent") {
      Add("FieldValueNotSupported", path + ".type", R"(supported values: "Percent", "Pods")");
    }
    if (policy.value <= 0) Invalid(path + ".value", "must be greater than zero");
    if (policy.period_seconds <= 0) Invalid(path + ".periodSeconds", "must be greater than zero");
    if (policy.period_seconds > kPeriodMost) {
      Invalid(path + ".periodSeconds",
              fmt::format("must be less than or equal to {}", kPeriodMost));
    }
  }

  const HpaSpec& spec_;
  const HpaSpec* const old_;
  const HpaGates& gates_;
  std::vector<HpaProblem> problems_;
};

bool UsesTolerance(const HpaSpec& spec) {
  if (!spec.behavior) return false;
  const auto& [up, down] = *spec.behavior;
  return (up && up->tolerance) || (down && down->tolerance);
}

}  // namespace

void DropDisabledFields(HpaSpec& spec, const HpaSpec* old, const HpaGates& gates) {
  if (gates.configurable_tolerance || !spec.behavior) return;
  if (old != nullptr && UsesTolerance(*old)) return;
  if (spec.behavior->scale_up) spec.behavior->scale_up->tolerance.reset();
  if (spec.behavior->scale_down) spec.behavior->scale_down->tolerance.reset();
}

std::vector<HpaProblem> ValidateHpa(const HpaObject& object, const HpaObject* old,
                                    const HpaGates& gates) {
  return Validation(object, old, gates).Take();
}

}  // namespace hpaplus
