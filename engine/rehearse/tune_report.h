#pragma once

#include <string>

#include "engine/rehearse/tuning.h"

namespace hpaplus::rehearse {

struct TuneReport {
  std::string spec;  // The files' names.
  std::string trace;
  double trace_seconds = 0;
  double trace_peak = 0;
  RunOptions run;
  Objective objective;
  std::uint64_t seed = 0;
  int threads = 0;
  std::string patch;  // Of the object, as YAML.
  TuneResult result;
};

/// In a sentence or two, what came of it.
[[nodiscard]] std::string TuneVerdict(const TuneReport& report);
/// One JSON object, "schema": "hpaplus.io/tune/v1"; docs/tune.md has its fields.
[[nodiscard]] std::string TuneJson(const TuneReport& report, const SearchSpace& space);
/// For people.
[[nodiscard]] std::string TuneTable(const TuneReport& report, const SearchSpace& space);

}  // namespace hpaplus::rehearse
