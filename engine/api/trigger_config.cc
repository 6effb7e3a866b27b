#include "engine/api/trigger_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "engine/model/names.h"

namespace hpaplus::api {
namespace {

constexpr std::size_t kKeysMost = 64;
constexpr std::size_t kTextMost = 8192;
constexpr Duration kPeriodLeast = std::chrono::seconds(1);
constexpr Duration kPeriodMost = std::chrono::hours(1);
constexpr Duration kPeriodDefault = std::chrono::seconds(15);
constexpr double kTargetLeast = 0.0005;  // Less is 0 with three decimals, which no HPA may have.
constexpr std::size_t kShownMost = 64;   // Of what a stranger wrote.

// What is KEDA's: how it gets here.
constexpr std::array<std::string_view, 4> kKedaKeys = {"scalerAddress", "enableTLS", "unsafeSsl",
                                                       "metricType"};
constexpr std::array<std::string_view, 3> kObjectKeys = {"hpaplus", "metric", "drive"};
constexpr std::array<std::string_view, 6> kSourceKeys = {
    "source", "query", "valueLocation", "threshold", "activationThreshold", "period"};

template <std::size_t N>
bool IsOneOf(std::string_view key, const std::array<std::string_view, N>& keys) {
  return std::ranges::find(keys, key) != keys.end();
}

Error Wrong(std::string_view key, std::string_view what) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("scalerMetadata.{}: {}", key.substr(0, kShownMost), what)};
}

class Reader {
 public:
  explicit Reader(const TriggerMetadata& metadata) : metadata_(metadata) {}

  [[nodiscard]] const std::string* Find(std::string_view key) const {
    const auto found = metadata_.find(std::string(key));
    return found == metadata_.end() ? nullptr : &found->second;
  }

  // The first key that is none, or none of this way.
  [[nodiscard]] Status CheckKeys(bool of_object) const {
    if (metadata_.size() > kKeysMost) return Wrong("", fmt::format("more than {} keys", kKeysMost));
    for (const auto& [key, text] : metadata_) {
      if (text.size() > kTextMost) {
        return Wrong(key, fmt::format("longer than {} characters", kTextMost));
      }
      const bool object = IsOneOf(key, kObjectKeys);
      const bool source = IsOneOf(key, kSourceKeys);
      if (of_object ? object : source) continue;
      if (object) return Wrong(key, "goes with the key hpaplus");
      if (source) return Wrong(key, "does not go with the key hpaplus");
      if (!IsOneOf(key, kKedaKeys)) return Wrong(key, "unknown key");
    }
    return Done{};
  }

  Result<std::string> Name(std::string_view key) const {
    const std::string& name = *Find(key);
    if (IsDnsSubdomain(name)) return name;
    return Wrong(key, "must be the name of an object");
  }

  Result<Quantity> Amount(std::string_view key) const {
    const auto amount = Quantity::Parse(*Find(key));
    if (!amount) return Wrong(key, "must be a number, such as 20, 0.5 or 250m");
    return *amount;
  }

 private:
  const TriggerMetadata& metadata_;
};

Result<TriggerConfig> ReadObjectTrigger(const Reader& reader) {
  ObjectTrigger trigger;
  auto name = reader.Name("hpaplus");
  if (!name) return name.error();
  trigger.object = *std::move(name);
  if (const std::string* metric = reader.Find("metric")) {
    if (metric->empty()) return Wrong("metric", "must be the name of one of the object's metrics");
    trigger.metric = *metric;
  }
  if (const std::string* drive = reader.Find("drive")) {
    if (*drive != "true" && *drive != "false") return Wrong("drive", "must be true or false");
    trigger.drive = *drive == "true";
    if (trigger.drive && !trigger.metric.empty()) {
      return Wrong("metric", "does not go with drive: the size is that of all metrics");
    }
  }
  return TriggerConfig(std::move(trigger));
}

// NAME or NAMESPACE/NAME.
Status ReadSourceName(const Reader& reader, SourceTrigger& trigger) {
  const std::string& text = *reader.Find("source");
  const auto slash = text.find('/');
  if (slash != std::string::npos) trigger.source_ns = text.substr(0, slash);
  trigger.source = slash == std::string::npos ? text : text.substr(slash + 1);
  const bool ns_fits = slash == std::string::npos || IsDnsLabel(trigger.source_ns);
  if (ns_fits && IsDnsSubdomain(trigger.source)) return Done{};
  return Wrong("source", "must be NAME or NAMESPACE/NAME of a source");
}

Status ReadQuery(const Reader& reader, SourceTrigger& trigger) {
  const std::string* query = reader.Find("query");
  const std::string* location = reader.Find("valueLocation");
  if (query != nullptr && location != nullptr && *query != *location) {
    return Wrong("valueLocation", "says something else than query; one of them is enough");
  }
  if (query == nullptr) query = location;
  if (query == nullptr) return Wrong("query", "required: what the source is asked");
  if (query->empty()) return Wrong("query", "must not be empty");
  trigger.query = *query;
  return Done{};
}

Status ReadAmounts(const Reader& reader, SourceTrigger& trigger) {
  if (reader.Find("threshold") == nullptr) return Wrong("threshold", "required: the target");
  const auto threshold = reader.Amount("threshold");
  if (!threshold) return threshold.error();
  if (!(threshold->AsDouble() >= kTargetLeast) || !std::isfinite(threshold->AsDouble())) {
    return Wrong("threshold", "must be at least 0.0005: with three decimals it would be 0");
  }
  trigger.threshold = *threshold;
  if (reader.Find("activationThreshold") == nullptr) return Done{};
  const auto activation = reader.Amount("activationThreshold");
  if (!activation) return activation.error();
  trigger.activation = *activation;
  return Done{};
}

Status ReadPeriod(const Reader& reader, SourceTrigger& trigger) {
  trigger.period = kPeriodDefault;
  const std::string* text = reader.Find("period");
  if (text == nullptr) return Done{};
  const auto period = ParseDuration(*text);
  if (!period || *period < kPeriodLeast || *period > kPeriodMost) {
    return Wrong("period", "must be a duration from 1s to 1h, such as 5s");
  }
  trigger.period = *period;
  return Done{};
}

}  // namespace

Result<TriggerConfig> ReadTrigger(const TriggerMetadata& metadata) {
  const Reader reader(metadata);
  const bool of_object = reader.Find("hpaplus") != nullptr;
  if (!of_object && reader.Find("source") == nullptr) {
    return Wrong("hpaplus", "required, unless there is the key source");
  }
  if (Status keys = reader.CheckKeys(of_object); !keys) return keys.error();
  if (of_object) return ReadObjectTrigger(reader);
  SourceTrigger trigger;
  for (const auto& read : {&ReadSourceName, &ReadQuery, &ReadAmounts, &ReadPeriod}) {
    if (Status status = read(reader, trigger); !status) return status.error();
  }
  return TriggerConfig(std::move(trigger));
}

WorkloadSpec WorkloadOf(const SourceTrigger& trigger, const SourceRef& source,
                        const std::string& ns, const std::string& name) {
  WorkloadSpec spec;
  spec.ns = ns;
  spec.name = name;
  spec.target.name = name;
  spec.min_replicas = 1;
  spec.max_replicas = 1;
  spec.period = trigger.period;
  spec.timeout = std::min<Duration>(trigger.period, std::chrono::seconds(5));
  MetricSpec metric;
  metric.type = MetricType::kSource;
  metric.name = trigger.source;
  metric.source = source;
  metric.query = trigger.query;
  metric.target.type = TargetType::kAverageValue;
  metric.target.average_value = trigger.threshold;
  metric.activation_threshold = trigger.activation;
  spec.metrics.push_back(std::move(metric));
  return spec;
}

}  // namespace hpaplus::api
