#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/core/history.h"
#include "engine/core/policy.h"
#include "engine/model/decision.h"
#include "engine/model/reading.h"
#include "engine/model/workload.h"

namespace hpaplus::record {

// Everything that a decision is made from, and the decision, as bytes and back. The same value
// gives the same bytes on every machine, and what is read back decides the same. Reading is for
// bytes from anywhere: kMalformedData says which thing makes no sense.

[[nodiscard]] std::string PackSpec(const WorkloadSpec& spec);
[[nodiscard]] Result<WorkloadSpec> UnpackSpec(std::string_view bytes);

/// All of a view but its spec and its pods.
[[nodiscard]] std::string PackScene(const WorkloadView& view);
[[nodiscard]] Status UnpackScene(std::string_view bytes, WorkloadView& view);

using Pods = std::vector<std::shared_ptr<const Pod>>;
[[nodiscard]] std::string PackPods(const Pods& pods);
[[nodiscard]] Result<Pods> UnpackPods(std::string_view bytes);

/// Of what pods use only those that this view's decision looks at: an answer may hold a cluster's.
[[nodiscard]] std::string PackReading(const ReadingResult& reading, const WorkloadView& view);
/// The outer result is about the bytes, the inner one about the source.
[[nodiscard]] Result<ReadingResult> UnpackReading(std::string_view bytes);

[[nodiscard]] std::string PackHistory(const History& history);
[[nodiscard]] Result<History> UnpackHistory(std::string_view bytes);

/// Without the workload's id and the time, which stand beside it.
[[nodiscard]] std::string PackDecision(const Decision& decision);
[[nodiscard]] Result<Decision> UnpackDecision(std::string_view bytes);

[[nodiscard]] std::string PackConfig(const DecideConfig& config);
[[nodiscard]] Result<DecideConfig> UnpackConfig(std::string_view bytes);

}  // namespace hpaplus::record
