#pragma once

#include <iosfwd>

#include "engine/app/commands.h"
#include "engine/app/rehearse_files.h"
#include "engine/base/result.h"
#include "engine/ports/clock.h"
#include "engine/rehearse/tune_report.h"

namespace hpaplus::app {

/// The demand that an object is to be tuned for, from whichever of the three the options name. On
/// `err`: how far a Prometheus has been read, and what was done to its answer. kNotFound: there is
/// no such file, object, metric or sample. kInvalidArgument: the object has no metric whose query
/// can be asked. Otherwise what reading traces, recordings and Prometheus gives.
[[nodiscard]] Result<rehearse::TuneDemand> ReadTuneDemand(const TuneOptions& options,
                                                          const WorkloadSpec& spec, Clock& clock,
                                                          std::ostream& err);

}  // namespace hpaplus::app
