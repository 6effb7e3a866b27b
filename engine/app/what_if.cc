#include "engine/app/what_if.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

namespace hpaplus::app {
namespace {

using std::chrono::seconds;
// False: the value makes no sense here.
using Setter = std::function<bool(WorkloadSpec&, std::string_view)>;
using MetricSetter = std::function<bool(MetricSpec&, std::string_view)>;

constexpr std::string_view kNull = "null";

std::optional<std::int32_t> Whole(std::string_view text, std::int32_t least, std::int32_t most) {
  std::int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end || number < least || number > most) return std::nullopt;
  return number;
}

bool SetWhole(std::string_view text, std::int32_t least, std::int32_t most, std::int32_t& out) {
  const auto number = Whole(text, least, most);
  if (number) out = *number;
  return number.has_value();
}

bool SetWhole(std::string_view text, std::int32_t least, std::int32_t most,
              std::optional<std::int32_t>& out) {
  if (text == kNull) return out.reset(), true;
  const auto number = Whole(text, least, most);
  if (number) out = number;
  return number.has_value();
}

bool SetQuantity(std::string_view text, std::optional<Quantity>& out) {
  if (text == kNull) return out.reset(), true;
  const auto quantity = Quantity::Parse(text);
  if (!quantity || quantity->Sign() < 0) return false;
  out = *quantity;
  return true;
}

bool SetTime(std::string_view text, Duration least, Duration& out) {
  const auto duration = ParseDuration(text);
  if (!duration || *duration < least) return false;
  out = *duration;
  return true;
}

// Whichever of the three numbers the metric has.
bool SetTarget(MetricTarget& target, std::string_view text) {
  constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
  if (target.average_utilization) return SetWhole(text, 1, kMost, *target.average_utilization);
  std::optional<Quantity>& number = target.value ? target.value : target.average_value;
  std::optional<Quantity> changed = number;
  if (text == kNull || !SetQuantity(text, changed) || changed->Sign() == 0) return false;
  number = changed;
  return true;
}

// Object without `behavior` has the HPA's rules; who changes one of them gets its defaults.
Setter OfRules(bool up, std::function<bool(ScalingRules&, std::string_view)> set) {
  return [up, set = std::move(set)](WorkloadSpec& spec, std::string_view text) {
    if (!spec.behavior) {
      Behavior behavior;
      behavior.scale_up.stabilization_window_seconds = 0;
      behavior.scale_up.policies = {{ScalingPolicyType::kPods, 4, 15},
                                    {ScalingPolicyType::kPercent, 100, 15}};
      behavior.scale_down.policies = {{ScalingPolicyType::kPercent, 100, 15}};
      spec.behavior = behavior;
    }
    return set(up ? spec.behavior->scale_up : spec.behavior->scale_down, text);
  };
}

void AddRules(const std::string& path, bool up, std::map<std::string, Setter>& setters) {
  constexpr std::int32_t kWindowMost = 3600;
  constexpr std::int32_t kConfirmationsMost = 100;
  setters[path + ".stabilizationWindowSeconds"] = OfRules(up, [](auto& rules, auto text) {
    return SetWhole(text, 0, kWindowMost, rules.stabilization_window_seconds);
  });
  setters[path + ".elasticity"] =
      OfRules(up, [](auto& rules, auto text) { return SetQuantity(text, rules.elasticity); });
  setters[path + ".tolerance"] =
      OfRules(up, [](auto& rules, auto text) { return SetQuantity(text, rules.tolerance); });
  setters[path + ".confirmations"] = OfRules(up, [](auto& rules, auto text) {
    return SetWhole(text, 1, kConfirmationsMost, rules.confirmations);
  });
  setters[path + ".policies"] = OfRules(up, [](auto& rules, auto text) {
    rules.policies.clear();
    return text == kNull;
  });
}

const std::map<std::string, Setter>& Setters() {
  static const std::map<std::string, Setter> kSetters = [] {
    constexpr std::int32_t kMost = 1'000'000;
    std::map<std::string, Setter> setters;
    setters["minReplicas"] = [](WorkloadSpec& spec, std::string_view text) {
      return SetWhole(text, 0, kMost, spec.min_replicas);
    };
    setters["maxReplicas"] = [](WorkloadSpec& spec, std::string_view text) {
      return SetWhole(text, 1, kMost, spec.max_replicas);
    };
    setters["safety.maxScaleDownPercentPerHour"] = [](WorkloadSpec& spec, std::string_view text) {
      return SetWhole(text, 1, 100, spec.safety.max_scale_down_percent_per_hour);
    };
    setters["safety.maxReplicasPerMinute"] = [](WorkloadSpec& spec, std::string_view text) {
      return SetWhole(text, 1, kMost, spec.safety.max_replicas_per_minute);
    };
    setters["safety.maxReversalsPerHour"] = [](WorkloadSpec& spec, std::string_view text) {
      return SetWhole(text, 1, 3600, spec.safety.max_reversals_per_hour);
    };
    setters["burst"] = [](WorkloadSpec& spec, std::string_view text) {
      spec.burst.reset();
      return text == kNull;
    };
    setters["schedules"] = [](WorkloadSpec& spec, std::string_view text) {
      spec.schedules.clear();
      return text == kNull;
    };
    setters["fallback"] = [](WorkloadSpec& spec, std::string_view text) {
      spec.fallback.reset();
      return text == kNull;
    };
    AddRules("behavior.scaleUp", true, setters);
    AddRules("behavior.scaleDown", false, setters);
    return setters;
  }();
  return kSetters;
}

const std::map<std::string, MetricSetter>& MetricSetters() {
  static const std::map<std::string, MetricSetter> kSetters = {
      {"target", [](auto& metric, auto text) { return SetTarget(metric.target, text); }},
      {"thresholds.scaleUp",
       [](auto& metric, auto text) { return SetQuantity(text, metric.thresholds.scale_up); }},
      {"thresholds.scaleDown",
       [](auto& metric, auto text) { return SetQuantity(text, metric.thresholds.scale_down); }},
      {"validity.staleAfter",
       [](auto& metric, auto text) { return SetTime(text, seconds(1), metric.stale_after); }},
  };
  return kSetters;
}

Error BadValue(std::string_view value, std::string_view path) {
  return {ErrorCode::kInvalidArgument, fmt::format("\"{}\" makes no sense for {}", value, path)};
}

Error NoPath(std::string_view path) {
  return {ErrorCode::kInvalidArgument, fmt::format("\"{}\" cannot be changed; what can: {}", path,
                                                   fmt::join(WhatIfPaths(), ", "))};
}

}  // namespace

std::vector<std::string> WhatIfPaths() {
  std::vector<std::string> paths;
  for (const auto& setter : Setters())
    paths.push_back(setter.first);
  for (const auto& setter : MetricSetters())
    paths.push_back("metrics[NAME]." + setter.first);
  return paths;
}

Result<WorkloadSpec> WhatIf(WorkloadSpec spec, std::string_view change) {
  const std::size_t equals = change.find('=');
  if (equals == std::string_view::npos) {
    return Error{ErrorCode::kInvalidArgument, "what if wants path=value"};
  }
  std::string_view path = change.substr(0, equals);
  const std::string_view value = change.substr(equals + 1);
  constexpr std::string_view kSpec = "spec.";
  if (path.starts_with(kSpec)) path.remove_prefix(kSpec.size());
  constexpr std::string_view kMetrics = "metrics[";
  if (path.starts_with(kMetrics)) {
    const std::size_t end = path.find("].");
    if (end == std::string_view::npos) return NoPath(path);
    const std::string_view name = path.substr(kMetrics.size(), end - kMetrics.size());
    const auto metric = std::ranges::find(spec.metrics, name, &MetricSpec::name);
    if (metric == spec.metrics.end()) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("there is no metric \"{}\"", name)};
    }
    const auto set = MetricSetters().find(std::string(path.substr(end + 2)));
    if (set == MetricSetters().end()) return NoPath(path);
    if (!set->second(*metric, value)) return BadValue(value, path);
  } else {
    const auto set = Setters().find(std::string(path));
    if (set == Setters().end()) return NoPath(path);
    if (!set->second(spec, value)) return BadValue(value, path);
  }
  if (spec.min_replicas > spec.max_replicas) {
    return Error{ErrorCode::kInvalidArgument, "minReplicas would be above maxReplicas"};
  }
  return spec;
}

}  // namespace hpaplus::app
