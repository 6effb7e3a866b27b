#include "engine/replay/json_tables.h"

#include <array>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "engine/core/pod_groups.h"
#include "engine/core/pod_requests.h"
#include "engine/kube/objects_reply.h"
#include "engine/model/object_fields.h"
#include "engine/replay/admission_json.h"

namespace hpaplus::replay {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::seconds;

// In Kubernetes' words, which users know.
constexpr const char* kBadSuffix = "unable to parse quantity's suffix";
constexpr const char* kBadText =
    "quantities must match the regular expression "
    "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

std::string_view FormatName(Quantity::Format format) {
  switch (format) {
    case Quantity::Format::kDecimalSI:
      return "DecimalSI";
    case Quantity::Format::kBinarySI:
      return "BinarySI";
    case Quantity::Format::kDecimalExponent:
      return "DecimalExponent";
  }
  return "";
}

// The shortest text of a double, with an exponent from a million on and below a tenth of a
// thousandth.
std::string ShortestText(double number) {
  constexpr int kExponentBelow = -4;
  constexpr int kExponentFrom = 6;
  std::array<char, 400> buffer{};
  const auto write = [&](std::chars_format format) {
    const auto done = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, format);
    return std::string(buffer.data(), done.ptr);
  };
  const std::string scientific = write(std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  if (e == std::string::npos) return scientific;
  const int exponent = std::stoi(scientific.substr(e + 1));
  if (number == 0 || (exponent >= kExponentBelow && exponent < kExponentFrom)) {
    return write(std::chars_format::fixed);
  }
  return scientific;
}

Json ParsedJson(const std::string& text) {
  Json json = {{"in", text}};
  const auto quantity = Quantity::Parse(text);
  const auto stored = Quantity::StoredText(text);
  if (!quantity || !stored) {
    const bool suffix = !quantity && quantity.error().message.ends_with("suffix");
    json["error"] = suffix ? kBadSuffix : kBadText;
    return json;
  }
  json["format"] = FormatName(quantity->format());
  json["json"] = *stored;
  json["canonical"] = quantity->ToString();
  json["milliValue"] = std::to_string(quantity->MilliValue());
  json["value"] = std::to_string(quantity->Value());
  json["sign"] = quantity->Sign();
  json["float"] = ShortestText(quantity->AsDouble());
  return json;
}

Json FromMilliJson(const JsonField& field) {
  const std::string text = field.Field("milli").Text();
  std::int64_t milli = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), milli);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    field.Field("milli").Fail("is not an integer in a text");
  }
  const std::string name = field.Field("format").Text("DecimalSI");
  std::optional<Quantity::Format> format;
  for (const auto known : {Quantity::Format::kDecimalSI, Quantity::Format::kBinarySI,
                           Quantity::Format::kDecimalExponent}) {
    if (FormatName(known) == name) format = known;
  }
  if (!format) field.Field("format").Fail("is no format of quantities");
  const Quantity quantity =
      Quantity::FromMilli(milli, format.value_or(Quantity::Format::kDecimalSI));
  return {{"milli", text}, {"format", name}, {"json", quantity.ToString()}};
}

std::vector<Pod> ReadPods(const JsonField& list) {
  std::vector<Pod> pods;
  list.Field("items").Each([&](const JsonField& item) {
    auto pod = kube::ParsePod(item.Json());
    if (!pod) return item.Fail("is unusable: " + pod.error().message);
    pods.push_back(std::move(pod->pod));
  });
  return pods;
}

std::map<std::string, PodSample> ReadSamples(const JsonField& field) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::map<std::string, PodSample> samples;
  field.EachField([&](std::string_view pod, const JsonField& item) {
    constexpr std::int64_t kWindowMost = 1'000'000'000;
    samples[std::string(pod)] = {item.Field("timestamp").Time().value_or(Timestamp()),
                                 seconds(item.Field("windowSeconds").Integer(0, 0, kWindowMost)),
                                 item.Field("milliValue").Integer(0, Limits::min(), Limits::max())};
  });
  return samples;
}

Json GroupPodsJson(const JsonField& input) {
  const auto length = [&input](const char* key) {
    constexpr std::int64_t kMost = 1'000'000'000;
    return seconds(input.Field(key).Integer(0, 0, kMost));
  };
  const PodGroupRules rules = {
      input.Field("now").Time().value_or(Timestamp()), input.Field("resource").Text() == "cpu",
      length("cpuInitializationPeriodSeconds"), length("initialReadinessDelaySeconds")};
  const auto samples = ReadSamples(input.Field("metrics"));
  std::map<PodGroup, std::vector<std::string>> groups;
  for (const Pod& pod : ReadPods(input.Field("pods"))) {
    const auto sample = samples.find(pod.name);
    groups[GroupPod(pod, sample == samples.end() ? nullptr : &sample->second, rules)].push_back(
        pod.name);
  }
  return {{"readyPodCount", groups[PodGroup::kReady].size()},
          {"unready", groups[PodGroup::kUnready]},
          {"missing", groups[PodGroup::kMissing]},
          {"ignored", groups[PodGroup::kIgnored]}};
}

Json RequestsJson(const JsonField& input) {
  const std::string resource = input.Field("resource").Text();
  const std::string container = input.Field("container").Text();
  const RequestRules rules = {resource, container, input.Field("podLevelResources").Flag(true)};
  Json requests = Json::object();
  for (const Pod& pod : ReadPods(input.Field("pods"))) {
    const auto milli = PodRequestMilli(*pod.resources, rules);
    if (!milli) {
      const std::string where = container.empty() ? "" : "container " + container + " of ";
      return {{"milliRequests", nullptr},
              {"error", "missing request for " + resource + " in " + where + "Pod " + pod.name}};
    }
    requests[pod.name] = *milli;
  }
  return {{"milliRequests", std::move(requests)}};
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

nlohmann::ordered_json AdmissionJson(const std::vector<HpaProblem>& problems, const HpaSpec& spec) {
  Json errors = Json::array();
  for (const HpaProblem& problem : problems) {
    Json error = {{"type", problem.type}, {"field", problem.field}};
    if (!problem.detail.empty()) error["detail"] = problem.detail;
    errors.push_back(std::move(error));
  }
  return {{"errors", std::move(errors)}, {"spec", Json::parse(HpaSpecJson(spec))}};
}

std::string AnswerAdmission(const JsonField& root) {
  const JsonField input = root.Field("input");
  const HpaGates gates = ReadHpaGates(input.Field("featureGates"));
  HpaObject object = ReadHpa(input.Field("hpa"));
  DefaultHpa(object.spec);
  std::optional<HpaObject> old;
  if (input.Field("oldHPA").present()) {
    old = ReadHpa(input.Field("oldHPA"));
    DefaultHpa(old->spec);
  }
  DropDisabledFields(object.spec, old ? &old->spec : nullptr, gates);
  Json json = {{"name", root.Field("name").Text()}};
  json.update(AdmissionJson(ValidateHpa(object, old ? &*old : nullptr, gates), object.spec));
  return Dump(json);
}

bool IsTableLine(const JsonField& root) {
  return root.Field("kind").present();
}

std::string AnswerTable(const JsonField& root) {
  const std::string kind = root.Field("kind").Text();
  Json json = Json::object();
  if (root.Field("name").present()) json["name"] = root.Field("name").Text();
  json["kind"] = kind;
  if (kind == "parse") {
    json["case"] = ParsedJson(root.Field("case").Field("in").Text());
  } else if (kind == "fromMilli") {
    json["case"] = FromMilliJson(root.Field("case"));
  } else if (kind == "groupPods") {
    json.update(GroupPodsJson(root.Field("input")));
  } else if (kind == "calculateRequests") {
    json.update(RequestsJson(root.Field("input")));
  } else {
    root.Field("kind").Fail("is none of parse, fromMilli, groupPods, calculateRequests");
  }
  return Dump(json);
}

}  // namespace hpaplus::replay
