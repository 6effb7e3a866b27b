#pragma once

#include <iosfwd>
#include <vector>

#include "engine/app/commands.h"
#include "engine/base/result.h"
#include "engine/model/timed_value.h"
#include "engine/ports/clock.h"

namespace hpaplus::app {

/// What a Prometheus answers over a time, read in requests of 10,000 points; blocks. On a terminal
/// a bar on `err` shows how far a long read has come. kMalformedData: the answer is not one series.
/// kNotFound: it has no samples. kUnavailable, kDeadlineExceeded, kPermissionDenied and
/// kInvalidArgument as the server has it.
[[nodiscard]] Result<std::vector<TimedValue>> ReadPrometheus(const PrometheusRange& range,
                                                             Clock& clock, std::ostream& err);

}  // namespace hpaplus::app
