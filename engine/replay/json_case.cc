#include "engine/replay/json_case.h"

#include <limits>
#include <utility>

#include "engine/kube/objects_reply.h"
#include "engine/model/object_fields.h"
#include "engine/model/spec_json.h"
#include "engine/replay/json_answers.h"

namespace hpaplus::replay {
namespace {

constexpr std::size_t kStepsMost = 100'000;

Replicas ReadReplicas(const JsonField& field) {
  using Limits = std::numeric_limits<Replicas>;
  return static_cast<Replicas>(field.Integer(0, Limits::min(), Limits::max()));
}

Timestamp RequiredTime(const JsonField& field) {
  if (!field.present()) field.Fail("is missing");
  return field.Time().value_or(Timestamp());
}

// Settings that are absent are kube-controller-manager's own.
DecideConfig ReadConfig(const JsonField& field) {
  DecideConfig config;
  config.each_recommendation = true;
  const auto seconds = [&field](const char* key, Duration absent) {
    constexpr double kMost = 1e9;
    const auto number = field.Field(key).Number();
    if (!number) return absent;
    if (*number < 0 || *number > kMost) field.Field(key).Fail("is no number of seconds");
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*number));
  };
  const auto number = [&field](const char* key, double absent) {
    return field.Field(key).Number().value_or(absent);
  };
  config.tolerance = number("tolerance", config.tolerance);
  config.cpu_initialization_period =
      seconds("cpuInitializationPeriodSeconds", config.cpu_initialization_period);
  config.initial_readiness_delay =
      seconds("initialReadinessDelaySeconds", config.initial_readiness_delay);
  config.downscale_stabilization =
      seconds("downscaleStabilizationSeconds", config.downscale_stabilization);
  config.scale_up_limit_factor = number("scaleUpLimitFactor", config.scale_up_limit_factor);
  config.scale_up_limit_minimum = number("scaleUpLimitMinimum", config.scale_up_limit_minimum);
  return config;
}

CaseObject FromHpa(HpaObject hpa, const HpaGates& gates) {
  DefaultHpa(hpa.spec);
  DropDisabledFields(hpa.spec, nullptr, gates);
  CaseObject object;
  object.problems = ValidateHpa(hpa, nullptr, gates);
  object.spec = std::make_shared<const WorkloadSpec>(ToWorkload(hpa, gates));
  object.hpa = std::move(hpa);
  return object;
}

CaseObject ReadObject(const JsonField& field, const HpaGates& gates) {
  CaseObject object;
  object.spec = std::make_shared<const WorkloadSpec>();
  if (!field.present()) {
    field.Fail("is missing");
    return object;
  }
  const std::string kind = field.Field("kind").Text("HorizontalPodAutoscaler");
  if (kind == "HPAPlus") {
    object.spec = std::make_shared<const WorkloadSpec>(ReadWorkload(field));
  } else if (kind == "HorizontalPodAutoscaler") {
    object = FromHpa(ReadHpa(field), gates);
  } else {
    field.Field("kind").Fail("is neither HorizontalPodAutoscaler nor HPAPlus");
  }
  return object;
}

// A new spec for the object; everything else about it stays.
CaseObject ReplaceSpec(const JsonField& field, const CaseObject& old, const HpaGates& gates) {
  if (old.hpa) return FromHpa({old.hpa->ns, old.hpa->name, ReadHpaSpec(field)}, gates);
  auto spec = ParseWorkload(R"({"metadata":{"name":"x"},"spec":)" + field.Json() + "}");
  if (!spec) {
    field.Fail("is unusable: " + spec.error().message);
    return old;
  }
  spec->ns = old.spec->ns;
  spec->name = old.spec->name;
  spec->generation = old.spec->generation + 1;
  return {std::make_shared<const WorkloadSpec>(*std::move(spec)), std::nullopt, {}};
}

HpaStatus ReadStatus(const JsonField& field) {
  HpaStatus status;
  status.current_replicas = ReadReplicas(field.Field("currentReplicas"));
  status.desired_replicas = ReadReplicas(field.Field("desiredReplicas"));
  status.last_scale_time = field.Field("lastScaleTime").Time();
  field.Field("conditions").Each([&](const JsonField& item) {
    status.conditions.push_back({item.Field("type").Text(), item.Field("status").Text(),
                                 item.Field("reason").Text(),
                                 item.Field("lastTransitionTime").Time().value_or(Timestamp()),
                                 item.Field("message").Text()});
  });
  if (!field.Field("currentMetrics").present()) status.metrics.emplace();
  return status;
}

std::vector<ScaleEvent> ReadEvents(const JsonField& field) {
  std::vector<ScaleEvent> events;
  field.Each([&](const JsonField& item) {
    events.push_back({ReadReplicas(item.Field("change")), RequiredTime(item.Field("time")),
                      item.Field("outdated").Flag(false)});
  });
  return events;
}

History ReadHistory(const JsonField& field) {
  History history;
  const JsonField recommendations = field.Field("recommendations");
  if (recommendations.present()) history.recommendations.emplace();
  recommendations.Each([&](const JsonField& item) {
    history.recommendations->push_back(
        {ReadReplicas(item.Field("replicas")), RequiredTime(item.Field("time"))});
  });
  history.scale_ups = ReadEvents(field.Field("scaleUpEvents"));
  history.scale_downs = ReadEvents(field.Field("scaleDownEvents"));
  return history;
}

// A selector that does not parse matches nothing.
std::vector<OtherSelector> ReadOthers(const JsonField& field) {
  std::vector<OtherSelector> others;
  field.Each([&](const JsonField& item) {
    const std::string text = item.Field("selector").Text();
    auto selector = ParseSelector(text);
    if (!selector || text.empty()) return;
    others.push_back({item.Field("namespace").Text("default"), *std::move(selector)});
  });
  return others;
}

ScaleState ReadScale(const JsonField& field) {
  ScaleState scale;
  scale.status = ScaleStatus::kKnown;
  scale.spec_replicas = ReadReplicas(field.Field("spec").Field("replicas"));
  scale.status_replicas = ReadReplicas(field.Field("status").Field("replicas"));
  const JsonField selector = field.Field("status").Field("selector");
  if (selector.present()) scale.selector = selector.Text();
  return scale;
}

// The Deployment or StatefulSet itself, which tells more than its scale.
ScaleState ReadTarget(const JsonField& field) {
  auto target = kube::ParseAppsWorkload(field.Json());
  if (target) return std::move(target->scale);
  field.Fail("is unusable: " + target.error().message);
  return {};
}

std::vector<CasePod> ReadPods(const JsonField& list) {
  std::vector<CasePod> pods;
  list.Field("items").Each([&](const JsonField& item) {
    auto pod = kube::ParsePod(item.Json());
    if (!pod) return item.Fail("is unusable: " + pod.error().message);
    pods.emplace_back(pod->ns.empty() ? "default" : pod->ns,
                      std::make_shared<const Pod>(std::move(pod->pod)));
  });
  return pods;
}

RoundFaults ReadFaults(const JsonField& field) {
  using Put = RoundFaults::Put;
  RoundFaults faults;
  field.Field("updateScale").Each([&](const JsonField& fault) {
    const bool conflict =
        fault.Field("reason").Text() == "Conflict" || fault.Field("code").Int32() == 409;
    faults.scale_puts.push_back(!fault.present() ? Put::kOk
                                : conflict       ? Put::kConflict
                                                 : Put::kError);
  });
  faults.status_put_fails = field.Field("updateStatus").present();
  return faults;
}

CaseStep ReadStep(const JsonField& field, const CaseObject& object, const HpaGates& gates) {
  CaseStep step;
  step.now = RequiredTime(field.Field("now"));
  step.deleted = field.Field("hpaDeleted").Flag(false);
  if (field.Field("hpaSpec").present()) {
    step.object = ReplaceSpec(field.Field("hpaSpec"), object, gates);
  }
  if (field.Field("scale").present()) step.scale = ReadScale(field.Field("scale"));
  if (field.Field("target").present()) step.scale = ReadTarget(field.Field("target"));
  if (field.Field("pods").present()) step.pods = ReadPods(field.Field("pods"));
  if (field.Field("metrics").present()) {
    step.answers = ReadAnswers(field.Field("metrics"), object.spec->ns, step.now);
  }
  step.faults = ReadFaults(field.Field("faults"));
  const JsonField get_scale = field.Field("faults").Field("getScale");
  const std::string message = get_scale.Field("message").Text();
  if (get_scale.present()) step.get_scale_problem = message.empty() ? "unknown" : message;
  return step;
}

}  // namespace

HpaCase ReadCase(const JsonField& root) {
  HpaCase out;
  out.name = root.Field("name").Text();
  const JsonField input = root.Field("input");
  if (!input.present()) input.Fail("is missing");
  const JsonField config = input.Field("config");
  out.config = ReadConfig(config);
  out.gates = ReadHpaGates(config.Field("featureGates"));
  out.object = ReadObject(input.Field("hpa"), out.gates);
  out.config.pod_level_resources = out.gates.pod_level_resources;
  if (out.object.hpa)
    out.config.future_skew = Duration::max();  // The HPA asks for no sample's age.
  const JsonField status = input.Field("hpa").Field("status");
  out.status = ReadStatus(status);
  if (status.Field("currentMetrics").present()) out.metrics = status.Field("currentMetrics").Json();
  out.others = ReadOthers(input.Field("otherHPAs"));
  out.history = ReadHistory(input.Field("history"));
  const JsonField steps = input.Field("steps");
  if (!steps.present()) steps.Fail("is missing");
  steps.Each([&](const JsonField& step) {
    if (out.steps.size() >= kStepsMost) return steps.Fail("has more than 100000 items");
    out.steps.push_back(ReadStep(step, out.object, out.gates));
  });
  return out;
}

}  // namespace hpaplus::replay
