#include "engine/rehearse/search_space.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "engine/base/check.h"
#include "engine/model/spec_json.h"
#include "engine/rehearse/yaml_text.h"

namespace hpaplus::rehearse {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::hours;
using std::chrono::seconds;

constexpr double kMilli = 1000;
constexpr double kPercent = 100;

// "spec.metrics[0].type" as a JSON pointer.
Json::json_pointer PointerTo(std::string_view path) {
  std::string pointer = "/";
  for (const char c : path) {
    if (c == '.' || c == '[') pointer += '/';
    if (c != '.' && c != '[' && c != ']') pointer += c;
  }
  return Json::json_pointer(pointer);
}

std::string Quoted(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

template <class T>
std::vector<std::string> Texts(const std::vector<T>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const T& value : values)
    texts.push_back(fmt::format("{}", value));
  return texts;
}

std::vector<std::string> QuotedTexts(const std::vector<double>& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (const double value : values)
    texts.push_back(Quoted(fmt::format("{:g}", value)));
  return texts;
}

// The block of a metric in autoscaling/v2's words.
std::string_view BlockOf(MetricType type) {
  switch (type) {
    case MetricType::kResource:
      return "resource";
    case MetricType::kContainerResource:
      return "containerResource";
    case MetricType::kPods:
      return "pods";
    case MetricType::kObject:
      return "object";
    case MetricType::kExternal:
      return "external";
    case MetricType::kSource:
      return "source";
    case MetricType::kFormula:
      return "formula";
    case MetricType::kUnknown:
      return "";
  }
  return "";
}

// What the target's field is, and how much of it is all that a replica can do.
struct TargetField {
  std::string_view name;
  double whole = 0;
  bool percent = false;
};

std::optional<TargetField> FieldOf(const MetricSpec& metric, double capacity) {
  const bool usage =
      metric.type == MetricType::kResource || metric.type == MetricType::kContainerResource;
  switch (metric.target.type) {
    case TargetType::kUtilization:
      return TargetField{"averageUtilization", kPercent, true};
    case TargetType::kAverageValue:
      // A pod asks for one of everything, and uses all of it at its capacity.
      return TargetField{"averageValue", usage ? 1 : capacity, false};
    case TargetType::kValue:
      return TargetField{"value", capacity, false};
    case TargetType::kUnknown:
      return std::nullopt;
  }
  return std::nullopt;
}

// With three digits at most, so that people can read it.
std::int64_t MilliWithThreeDigits(double amount) {
  const double digits = std::pow(10, std::floor(std::log10(amount)) - 2);
  return std::max(std::llround(std::round(amount / digits) * digits * kMilli), 1LL);
}

double NumberOf(const MetricTarget& target) {
  if (target.type == TargetType::kUtilization) return target.average_utilization.value_or(0);
  const auto& amount =
      target.type == TargetType::kAverageValue ? target.average_value : target.value;
  return amount ? static_cast<double>(amount->MilliValue()) / kMilli : 0;
}

// Shares of a replica, and what the object has.
std::vector<std::string> TargetChoices(const TargetField& field, const MetricTarget& target) {
  constexpr int kLeastPercent = 36;
  constexpr int kMostPercent = 98;
  constexpr int kStepPercent = 2;
  const double digits = field.percent ? 1 : kMilli;
  std::set<std::int64_t> amounts = {std::llround(NumberOf(target) * digits)};
  for (int percent = kLeastPercent; percent <= kMostPercent; percent += kStepPercent) {
    const double amount = field.whole * percent / kPercent;
    amounts.insert(field.percent ? percent : MilliWithThreeDigits(amount));
  }
  std::vector<std::string> choices;
  for (const std::int64_t amount : amounts) {
    choices.push_back(field.percent ? fmt::format("{}", amount)
                                    : Quoted(Quantity::FromMilli(amount).ToString()));
  }
  return choices;
}

std::vector<std::string> RateChoices(const std::vector<int>& percents, int pods, int period) {
  std::vector<std::string> choices;
  choices.reserve(percents.size());
  for (const int percent : percents) {
    choices.push_back(fmt::format(
        R"([{{"type":"Percent","value":{},"periodSeconds":{}}},{{"type":"Pods","value":{},"periodSeconds":{}}}])",
        percent, period, pods, period));
  }
  return choices;
}

double NumberIn(const std::string& choice) {
  const Json value = Json::parse(choice);
  if (value.is_number()) return value.get<double>();
  const auto quantity = Quantity::Parse(value.get<std::string>());
  HPAPLUS_CHECK(quantity);
  return static_cast<double>(quantity->MilliValue()) / kMilli;
}

std::set<Duration> DurationsWithin(Duration least, Duration most,
                                   std::initializer_list<int> all_seconds, Duration also) {
  std::set<Duration> durations = {also};
  for (const int some : all_seconds) {
    if (seconds(some) >= least && seconds(some) <= most) durations.insert(seconds(some));
  }
  return durations;
}

std::vector<std::string> DurationTexts(const std::set<Duration>& durations) {
  std::vector<std::string> texts;
  texts.reserve(durations.size());
  for (const Duration duration : durations) {
    const bool whole = duration % seconds(1) == Duration::zero();
    texts.push_back(
        Quoted(whole ? fmt::format("{}s", duration / seconds(1)) : FormatDuration(duration)));
  }
  return texts;
}

std::size_t Nearest(const std::vector<std::string>& choices, double number) {
  const auto nearest = std::ranges::min_element(choices, {}, [number](const std::string& choice) {
    return std::abs(NumberIn(choice) - number);
  });
  return static_cast<std::size_t>(nearest - choices.begin());
}

}  // namespace

Result<SearchSpace> SearchSpace::Create(std::string json, double capacity_per_replica) {
  if (!(capacity_per_replica >= kCapacityLeast && capacity_per_replica <= kCapacityMost)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("tune: the capacity per replica is not within {:g} and {:g}",
                             kCapacityLeast, kCapacityMost)};
  }
  const Result<WorkloadSpec> spec = ParseWorkload(json);
  if (!spec) return spec.error();
  SearchSpace space;
  space.json_ = std::move(json);
  if (Json::parse(space.json_).contains(PointerTo("spec.evaluation.timeout"))) {
    space.timeout_ = spec->timeout;
  }
  space.AddPeriod(*spec);
  const std::size_t before = space.knobs_.size();
  space.AddTargets(*spec, capacity_per_replica);
  if (space.knobs_.size() == before) {
    return Error{ErrorCode::kInvalidArgument,
                 "tune: the object has no metric with a target that votes on the size"};
  }
  const bool banded = std::ranges::all_of(spec->metrics, [](const MetricSpec& metric) {
    return metric.role != MetricRole::kScale ||
           (metric.thresholds.scale_up && metric.thresholds.scale_down);
  });
  space.AddBehavior(!banded);
  return space;
}

// What the object has, and others. To try one of a second costs as much as to try five of five.
void SearchSpace::AddPeriod(const WorkloadSpec& spec) {
  constexpr Duration kDrawn = seconds(5);
  const Duration least = std::min<Duration>(spec.period, seconds(1));
  const Duration most = std::max<Duration>(spec.period, seconds(30));
  const std::set<Duration> periods =
      DurationsWithin(least, most, {1, 2, 5, 10, 15, 30, 60, 120, 300}, spec.period);
  const auto usual = std::distance(periods.begin(), periods.find(spec.period));
  Add("spec.evaluation.period", DurationTexts(periods), static_cast<std::size_t>(usual), true);
  knobs_.back().least =
      static_cast<std::uint32_t>(std::distance(periods.begin(), periods.lower_bound(kDrawn)));
}

// From a quarter of what the object has to four times as much.
void SearchSpace::AddSmoothing(const MetricSpec& metric, const std::string& path) {
  constexpr int kTimes = 4;
  const Duration window = metric.smoothing->window;
  const Duration least = std::max<Duration>(window / kTimes, seconds(1));
  const Duration most = std::min<Duration>(window * kTimes, hours(1));
  const std::set<Duration> windows = DurationsWithin(
      least, most, {1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600},
      window);
  const auto usual = std::distance(windows.begin(), windows.find(window));
  Add(path + ".smoothing.window", DurationTexts(windows), static_cast<std::size_t>(usual), true);
}

void SearchSpace::Add(std::string name, std::vector<std::string> choices, std::size_t usual,
                      bool optional) {
  HPAPLUS_CHECK(usual < choices.size());
  Knob& knob = knobs_.emplace_back();
  knob.name = std::move(name);
  knob.choices = std::move(choices);
  knob.usual = static_cast<std::uint32_t>(usual);
  knob.optional = optional;
}

SearchSpace::Point SearchSpace::Usual() const {
  Point point;
  point.reserve(knobs_.size());
  for (const Knob& knob : knobs_)
    point.push_back(std::max(knob.usual, knob.least));
  return point;
}

void SearchSpace::AddTargets(const WorkloadSpec& spec, double capacity_per_replica) {
  for (std::size_t i = 0; i < spec.metrics.size(); ++i) {
    const MetricSpec& metric = spec.metrics[i];
    if (metric.role != MetricRole::kScale || metric.step || metric.queue) continue;
    const auto field = FieldOf(metric, capacity_per_replica);
    if (!field) continue;
    const std::string path = fmt::format("spec.metrics[{}]", i);
    const std::size_t target = knobs_.size();
    std::vector<std::string> choices = TargetChoices(*field, metric.target);
    const std::size_t usual = Nearest(choices, NumberOf(metric.target));
    Add(fmt::format("{}.{}.target.{}", path, BlockOf(metric.type), field->name), std::move(choices),
        usual);
    if (metric.smoothing) AddSmoothing(metric, path);
    if (!metric.thresholds.scale_up && !metric.thresholds.scale_down) continue;
    Band band{target, 0, 0, field->percent};
    if (metric.thresholds.scale_up) {
      band.up = knobs_.size();
      Add(path + ".thresholds.scaleUp", {"1", "1.02", "1.05", "1.1", "1.15", "1.2"}, 3);
    }
    if (metric.thresholds.scale_down) {
      band.down = knobs_.size();
      Add(path + ".thresholds.scaleDown", {"0.98", "0.95", "0.9", "0.85", "0.8", "0.7", "0.6"}, 2);
    }
    bands_.push_back(band);
  }
}

void SearchSpace::AddBehavior(bool tolerances) {
  const std::string up = "spec.behavior.scaleUp.";
  const std::string down = "spec.behavior.scaleDown.";
  if (tolerances) {
    Add(up + "tolerance", QuotedTexts({0, 0.02, 0.05, 0.1, 0.15, 0.2}), 3);
    Add(down + "tolerance", QuotedTexts({0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4}), 3);
  }
  Add(up + "stabilizationWindowSeconds", Texts<int>({0, 5, 15, 30, 60}), 0, true);
  Add(up + "elasticity", QuotedTexts({0.8, 1, 1.1, 1.2, 1.35, 1.5, 2}), 1, true);
  Add(up + "policies", RateChoices({50, 100, 200, 400, 900}, 4, 15), 1, true);
  Add(down + "stabilizationWindowSeconds",
      Texts<int>({0, 15, 30, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800}), 8);
  Add(down + "elasticity", QuotedTexts({0.1, 0.2, 0.3, 0.5, 0.7, 1}), 5, true);
  Add(down + "confirmations", Texts<int>({1, 2, 3, 5, 10}), 0, true);
  Add(down + "policies", RateChoices({2, 5, 10, 20, 30, 50, 100}, 1, 60), 6, true);
}

std::vector<Setting> SearchSpace::Settings(const Point& point) const {
  HPAPLUS_CHECK(point.size() == knobs_.size());
  std::vector<Setting> settings;
  for (std::size_t i = 0; i < knobs_.size(); ++i)
    settings.push_back({knobs_[i].name, knobs_[i].choices[point[i]]});
  const auto period = ParseDuration(Json::parse(settings.front().value).get<std::string>());
  if (timeout_ && period && *timeout_ > *period) {
    settings.push_back({"spec.evaluation.timeout", settings.front().value});
  }
  settings.push_back({"spec.behavior.scaleUp.selectPolicy", Quoted("Max")});
  settings.push_back({"spec.behavior.scaleDown.selectPolicy", Quoted("Max")});
  for (const Band& band : bands_)
    SetBand(band, point, settings);
  return settings;
}

// Rounding must not bring the two edges together.
void SearchSpace::SetBand(const Band& band, const Point& point,
                          std::vector<Setting>& settings) const {
  const double target = NumberIn(knobs_[band.target].choices[point[band.target]]);
  std::int64_t least = 0;
  for (const std::size_t edge : {band.down, band.up}) {
    if (edge == 0) continue;
    const double share = NumberIn(knobs_[edge].choices[point[edge]]);
    const std::int64_t milli = std::max(MilliWithThreeDigits(target * share), least);
    settings[edge].value = Quoted(Quantity::FromMilli(milli).ToString());
    least = milli + 1;
  }
}

std::string SearchSpace::Apply(const std::vector<Setting>& settings) const {
  Json json = Json::parse(json_);
  for (const Setting& setting : settings)
    json[PointerTo(setting.path)] = Json::parse(setting.value);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<WorkloadSpec> SearchSpace::Spec(const std::vector<Setting>& settings) const {
  return ParseWorkload(Apply(settings));
}

std::string PatchYaml(const std::string& json, const std::vector<Setting>& settings) {
  const Json object = Json::parse(json);
  Json patch = Json::object();
  for (const Setting& setting : settings) {
    const std::string list = setting.path.substr(0, setting.path.find('['));
    const auto pointer = PointerTo(list);
    patch[pointer] = list == setting.path ? Json::parse(setting.value) : object.at(pointer);
  }
  return YamlOf(patch.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace hpaplus::rehearse
