#include "engine/api/otlp_metrics.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "engine/push/series_key.h"
#include "proto/otlp_metrics.pb.h"

namespace hpaplus::api {
namespace {

namespace otlp = opentelemetry::proto::collector::metrics::v1;
using Attributes = google::protobuf::RepeatedPtrField<otlp::KeyValue>;

constexpr std::uint32_t kNoValue = 1;  // A bit of a point's flags.

std::optional<std::string> TextOf(const otlp::AnyValue& value) {
  switch (value.value_case()) {
    case otlp::AnyValue::kStringValue:
      return value.string_value();
    case otlp::AnyValue::kBoolValue:
      return value.bool_value() ? "true" : "false";
    case otlp::AnyValue::kIntValue:
      return std::to_string(value.int_value());
    case otlp::AnyValue::kDoubleValue:
      return fmt::format("{}", value.double_value());
    case otlp::AnyValue::VALUE_NOT_SET:
      break;
  }
  return std::nullopt;
}

Timestamp AtNanosecond(std::uint64_t nanoseconds) {
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return Timestamp(Duration(static_cast<std::int64_t>(std::min(nanoseconds, kLast))));
}

// Labels by name, and what was wrong with one of them.
struct LabelSet {
  std::map<std::string, std::string> labels;
  std::string problem;

  void Add(const Attributes& attributes) {
    for (const otlp::KeyValue& attribute : attributes) {
      std::optional<std::string> text = TextOf(attribute.value());
      if (!text) {
        problem = fmt::format("attribute {} is neither a text nor a number",
                              attribute.key().substr(0, 64));
        continue;
      }
      labels.insert_or_assign(PrometheusName(attribute.key(), false), *std::move(text));
    }
  }
};

class Appender {
 public:
  Appender(push::SourceSamples& source, Timestamp now) : source_(source), now_(now) {}

  void Append(const otlp::ScopeMetrics& scope, const LabelSet& resource) {
    scope_ = resource;
    scope_.Add(scope.scope().attributes());
    for (const otlp::Metric& metric : scope.metrics())
      Append(metric);
  }

  [[nodiscard]] push::PushTally tally() && { return std::move(tally_); }

 private:
  enum class Kind { kTotal, kDelta, kUnknown };

  static Kind KindOf(otlp::AggregationTemporality temporality) {
    if (temporality == otlp::AGGREGATION_TEMPORALITY_DELTA) return Kind::kDelta;
    if (temporality == otlp::AGGREGATION_TEMPORALITY_CUMULATIVE) return Kind::kTotal;
    return Kind::kUnknown;
  }

  void Append(const otlp::Metric& metric) {
    const std::string name = PrometheusName(metric.name(), true);
    switch (metric.data_case()) {
      case otlp::Metric::kGauge:
        return AppendNumbers(name, metric.gauge().data_points(), Kind::kTotal);
      case otlp::Metric::kSum:
        return AppendNumbers(name, metric.sum().data_points(),
                             KindOf(metric.sum().aggregation_temporality()));
      case otlp::Metric::kHistogram:
        return AppendCounts(name, metric.histogram().data_points(),
                            KindOf(metric.histogram().aggregation_temporality()));
      case otlp::Metric::kExponentialHistogram:
        return AppendCounts(name, metric.exponential_histogram().data_points(),
                            KindOf(metric.exponential_histogram().aggregation_temporality()));
      case otlp::Metric::kSummary:
        return AppendCounts(name, metric.summary().data_points(), Kind::kTotal);
      case otlp::Metric::DATA_NOT_SET:
        return;  // Nothing, or of a kind that is newer than this.
    }
  }

  template <class Points>
  void AppendNumbers(const std::string& name, const Points& points, Kind kind) {
    for (const otlp::NumberDataPoint& point : points) {
      const bool is_int = point.value_case() == otlp::NumberDataPoint::kAsInt;
      if (point.value_case() == otlp::NumberDataPoint::VALUE_NOT_SET &&
          (point.flags() & kNoValue) == 0) {
        tally_.Refuse(1, name + ": a point without a value");
        continue;
      }
      const double value = is_int ? static_cast<double>(point.as_int()) : point.as_double();
      AppendPoint(name, point, kind, {{"", value}});
    }
  }

  template <class Points>
  void AppendCounts(const std::string& name, const Points& points, Kind kind) {
    for (const auto& point : points) {
      std::vector<std::pair<const char*, double>> values = {
          {"_count", static_cast<double>(point.count())}};
      if (HasSum(point)) values.emplace_back("_sum", point.sum());
      AppendPoint(name, point, kind, values);
    }
  }

  static bool HasSum(const otlp::SummaryDataPoint& /*point*/) { return true; }
  template <class Point>
  static bool HasSum(const Point& point) {
    return point.has_sum();
  }

  // A point counts as one, whatever it is made of: as written when all of it is.
  template <class Point>
  void AppendPoint(const std::string& name, const Point& point, Kind kind,
                   const std::vector<std::pair<const char*, double>>& values) {
    LabelSet labels = scope_;
    labels.Add(point.attributes());
    if (kind == Kind::kUnknown) labels.problem = "neither cumulative nor delta";
    if (!labels.problem.empty()) return tally_.Refuse(1, name + ": " + labels.problem);
    push::PushTally parts;
    for (const auto& [suffix, value] : values) {
      labels.labels["__name__"] = name + suffix;
      const Result<Labels> checked =
          push::CheckedLabels(Labels(labels.labels.begin(), labels.labels.end()));
      if (!checked) return tally_.Refuse(1, checked.error().message);
      const bool ended = (point.flags() & kNoValue) != 0;
      const TimedValue sample{AtNanosecond(point.time_unix_nano()),
                              ended ? std::bit_cast<double>(push::kStaleMarkerBits) : value};
      const std::string key = push::SeriesKey(*checked);
      if (kind == Kind::kDelta && !ended) {
        source_.Add(key, sample, now_, parts);
      } else {
        source_.Append(key, {&sample, 1}, now_, parts);
      }
    }
    for (const std::string& metric : parts.metrics)
      tally_.NoteNew({{"__name__", metric}});
    if (parts.refused > 0) return tally_.Refuse(1, parts.problem);
    (parts.late > 0 ? tally_.late : tally_.written) += 1;
  }

  push::SourceSamples& source_;
  const Timestamp now_;
  LabelSet scope_;
  push::PushTally tally_;
};

}  // namespace

push::PushTally AppendOtlp(const otlp::ExportMetricsServiceRequest& request,
                           push::SourceSamples& source, Timestamp now) {
  Appender appender(source, now);
  for (const otlp::ResourceMetrics& metrics : request.resource_metrics()) {
    LabelSet resource;
    resource.Add(metrics.resource().attributes());
    for (const otlp::ScopeMetrics& scope : metrics.scope_metrics())
      appender.Append(scope, resource);
  }
  return std::move(appender).tally();
}

std::string PrometheusName(std::string_view name, bool is_metric) {
  std::string clean;
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') clean += '_';
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      (is_metric && c == ':');
    clean += fits ? c : '_';
  }
  return clean;
}

}  // namespace hpaplus::api
