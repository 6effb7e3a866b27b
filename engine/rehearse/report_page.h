#pragma once

#include <string>
#include <vector>

#include "engine/rehearse/closed_loop.h"
#include "engine/rehearse/plan.h"
#include "engine/rehearse/simulate_report.h"
#include "engine/rehearse/tune_report.h"

namespace hpaplus::rehearse {

/// What HtmlReport takes, of a simulation that began at `start`, of a search and of a plan with a
/// past.
[[nodiscard]] std::string SimulatePage(const SimulateReport& report, const Trace& trace,
                                       Timestamp start);
[[nodiscard]] std::string TunePage(const TuneReport& report, const SearchSpace& space);
/// Precondition: the plan has a past, of this demand.
[[nodiscard]] std::string PlanPage(const Plan& plan, const PlanDemand& demand);
/// Of a recording's demand under the object that it had, and others: `runs`, that one first.
[[nodiscard]] std::string ClosedLoopPage(const ClosedLoop& loop, const std::string& recording,
                                         const std::vector<PolicyRun>& runs);

}  // namespace hpaplus::rehearse
