#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/policy.h"
#include "engine/rehearse/demand.h"
#include "engine/rehearse/simulate.h"

namespace hpaplus::rehearse {

/// What is to be found out about a recording, closed loop.
struct ClosedLoopOptions {
  std::string object;  // "namespace/name"; empty: the only one.
  std::string metric;  // That the demand is found in; empty: the first that asks for a size.
  PlantOptions plant;
};

/// A recorded workload's demand under the object that it had in the end, and others.
struct ClosedLoop {
  Reconstruction demand;
  RunOptions options;
  WorkloadSpec spec;  // The last one recorded.
  std::vector<std::string> notes;
};

/// Reads a recording for that. kNotFound, kInvalidArgument (several objects and none was named),
/// kMalformedData (it is damaged: what is behind that cannot be told from what was not there).
[[nodiscard]] Result<ClosedLoop> ReadClosedLoop(const std::filesystem::path& recording,
                                                const ClosedLoopOptions& options);

/// Which demand was found again in what, what is unknown of it, and how well the model fits: lines
/// for people, the last one ends with a newline.
[[nodiscard]] std::string FoundDemandText(const ClosedLoop& loop);
/// The same as a JSON object, without the fit.
[[nodiscard]] std::string FoundDemandJson(const ClosedLoop& loop);
/// What really happened, as a run.
[[nodiscard]] PolicyRun RecordedRun(const ClosedLoop& loop);

/// One JSON object, "schema": "hpaplus.io/replay/v1" and "loop": "closed".
[[nodiscard]] std::string ClosedLoopJson(const ClosedLoop& loop, const std::string& recording,
                                         const std::vector<PolicyRun>& runs);
[[nodiscard]] std::string ClosedLoopTable(const ClosedLoop& loop, const std::string& recording,
                                          const std::vector<PolicyRun>& runs);

}  // namespace hpaplus::rehearse
