#pragma once

#include <string>

#include "engine/rehearse/simulate_report.h"
#include "engine/rehearse/tune_report.h"

namespace hpaplus::rehearse {

/// What HtmlReport takes, of a simulation and of a search. `start` is when the runs began.
[[nodiscard]] std::string SimulatePage(const SimulateReport& report, const Trace& trace,
                                       Timestamp start);
[[nodiscard]] std::string TunePage(const TuneReport& report, const SearchSpace& space,
                                   Timestamp start);

}  // namespace hpaplus::rehearse
