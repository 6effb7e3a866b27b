#pragma once

#include <string>

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

}  // namespace hpaplus::rehearse
