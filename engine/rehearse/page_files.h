#pragma once

#include <string_view>

namespace hpaplus::rehearse {

/// The files of page/ as they were when this was built.
struct PageFiles {
  std::string_view style;
  std::string_view parts;   // Script that all pages begin with.
  std::string_view report;  // That of a report.
  std::string_view status_style;
  std::string_view status;        // That of a running engine's page.
  std::string_view chart_style;   // uPlot's.
  std::string_view chart_script;  // The same.
};

[[nodiscard]] PageFiles FilesOfPages();

}  // namespace hpaplus::rehearse
