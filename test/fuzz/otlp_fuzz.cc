#include <cstddef>
#include <cstdint>

#include "engine/api/otlp_metrics.h"
#include "engine/base/check.h"
#include "proto/otlp_metrics.pb.h"

// Whatever protobuf takes for a request can be flattened and stored within the limits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hpaplus;
  opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  push::MemoryBudget budget(1U << 20U);
  {
    push::SourceSamples source({.series_most = 10, .samples_per_series = 4}, budget, 1U << 20U);
    const push::PushTally tally = api::AppendOtlp(request, source, Timestamp());
    HPAPLUS_CHECK((tally.refused == 0) == tally.problem.empty());
    HPAPLUS_CHECK(source.series_count() <= 10);
  }
  HPAPLUS_CHECK(budget.used() == 0);
  return 0;
}
