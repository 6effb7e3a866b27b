#pragma once

#include <string>
#include <string_view>

#include "engine/base/time.h"
#include "engine/push/source_samples.h"

namespace opentelemetry::proto::collector::metrics::v1 {
class ExportMetricsServiceRequest;
}

namespace hpaplus::api {

/// Adds the points of an OTLP request to a source:
///
/// - A metric's name becomes "__name__", the attributes of the resource, the scope and the point
///   become labels; of the same name the point's counts, then the scope's. What Prometheus does not
///   allow in names becomes '_': queue.depth is queue_depth.
/// - Gauges and cumulative sums are kept as they are. The points of a delta sum are added up, so
///   that rate() reads both alike; one that is not newer than the last is left out, as it may be
///   the same again.
/// - Of histograms and summaries _count and _sum are kept.
///
/// A point whose attributes are neither texts, numbers nor truths is refused: it could not be told
/// from others. The tally counts points.
[[nodiscard]] push::PushTally AppendOtlp(
    const opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest& request,
    push::SourceSamples& source, Timestamp now);

/// A name in which all that is neither letter, digit nor '_' has become '_', with one in front of a
/// digit; of metrics ':' stays.
[[nodiscard]] std::string PrometheusName(std::string_view name, bool is_metric);

}  // namespace hpaplus::api
