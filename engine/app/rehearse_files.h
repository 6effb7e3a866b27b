#pragma once

#include <string>

#include "engine/app/commands.h"
#include "engine/base/result.h"
#include "engine/model/workload.h"
#include "engine/rehearse/trace.h"
#include "engine/rehearse/trace_world.h"

namespace hpaplus::app {

/// kNotFound: it cannot be read.
[[nodiscard]] Result<std::string> ReadFile(const std::string& file);

struct SpecFile {
  std::string json;  // The object as it was written.
  WorkloadSpec spec;
};

/// The only HPAPlus object of a file, checked as the API server would. kMalformedData: it is not
/// good, or there is none or more than one.
[[nodiscard]] Result<SpecFile> ReadSpecFile(const std::string& file);
[[nodiscard]] Result<WorkloadSpec> ReadSpec(const std::string& file);
[[nodiscard]] Result<rehearse::Trace> ReadTrace(const std::string& file);

/// The plant that the options describe; without `initial` it begins with what the first point
/// needs.
[[nodiscard]] rehearse::RunOptions RunOptionsOf(const DemandOptions& options,
                                                const WorkloadSpec& spec,
                                                const rehearse::Trace& trace);

}  // namespace hpaplus::app
