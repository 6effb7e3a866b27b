#pragma once

#include <string_view>

namespace hpaplus::rehearse {

/// The files of page/ as they were when this was built.
struct PageFiles {
  std::string_view style;
  std::string_view script;
  std::string_view chart_style;   // uPlot's.
  std::string_view chart_script;  // The same.
};

[[nodiscard]] PageFiles ReportFiles();

}  // namespace hpaplus::rehearse
