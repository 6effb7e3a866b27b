#pragma once

#include <cstdint>

#include "engine/model/decision.h"
#include "engine/model/workload.h"
#include "engine/ports/shadow_book.h"

namespace hpaplus::kube {

// Fingerprints that cost nanoseconds, so that an evaluation that says nothing new builds no text.

/// Of what a status and the events say, apart from measured values.
[[nodiscard]] std::uint64_t MeaningDigest(const Decision& decision, const WorkloadView& view);

/// Of the measured values that a status shows, and of its shadow; null: it has none.
[[nodiscard]] std::uint64_t ValuesDigest(const Decision& decision,
                                         const ShadowState* shadow = nullptr);

}  // namespace hpaplus::kube
