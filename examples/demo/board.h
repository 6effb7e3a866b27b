#pragma once

#include <string>
#include <vector>

#include "examples/demo/scoreboard.h"

namespace hpaplus::demo {

/// One line of the live table.
struct Row {
  std::string name;
  std::string signal;  // "rps from Prometheus, every 1s"
  double target = 0;
  const Scoreboard* score = nullptr;
  std::string why;
};

/// The table as text: `elapsed` of `total`, then a header and a line per row, each ended by a
/// newline. Pure.
[[nodiscard]] std::string DrawBoard(const std::vector<Row>& rows, Duration elapsed, Duration total);

/// The last words: reaction p50 and p99, changes, seconds under capacity, per row. `pods` says how
/// they come up: "starting in about 1 s".
[[nodiscard]] std::string DrawSummary(const std::vector<Row>& rows, Duration total,
                                      const std::string& pods);

}  // namespace hpaplus::demo
