#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/rehearse/closed_loop.h"
#include "engine/rehearse/tuning.h"

namespace hpaplus::rehearse {

/// What an object is tuned for, and where it comes from.
struct TuneDemand {
  std::string from;  // "trace", "recording", "prometheus"
  std::string name;  // Of the file; of a Prometheus the query.
  Trace trace;
  Timestamp start{};
  std::vector<std::string> notes;       // What limits it, for people.
  std::optional<ClosedLoop> recording;  // That it was found again in.
};

struct TuneReport {
  std::string spec;  // The file's name.
  TuneDemand demand;
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
