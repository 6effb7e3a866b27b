#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "engine/app/commands.h"

namespace hpaplus::app {

/// Whether one of the files has a DynamicQuota or a QuotaPool.
[[nodiscard]] bool ArePlansOfQuotas(const std::vector<std::string>& files);

/// Says who would gain and lose quota; returns the exit code. docs/plan.md.
[[nodiscard]] int PlanQuotas(const PlanOptions& options, std::ostream& out, std::ostream& err);

}  // namespace hpaplus::app
