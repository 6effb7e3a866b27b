#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/timed_value.h"

namespace hpaplus::rehearse {

/// A series as it was measured somewhere, made into a demand.
struct Imported {
  std::string csv;              // A trace: Trace::FromCsv() reads it.
  Timestamp start{};            // Its second 0.
  std::uint64_t points = 0;     // That are in it.
  std::uint64_t no_number = 0;  // NaN and infinite: left out, the value before holds on.
  std::uint64_t negative = 0;   // The same.
  std::uint64_t unordered = 0;  // Came after a later one, and were put in their place.
  std::uint64_t duplicate = 0;  // Another one of the same time came later and counts.
  std::uint64_t gaps = 0;       // Steps of more than twice the most frequent one.
  double longest_gap = 0;       // In seconds.
};

/// Puts a series in order and leaves out what no demand can be. kMalformedData: fewer than two
/// points are left, or they span more than a trace may.
[[nodiscard]] Result<Imported> MakeTrace(std::vector<TimedValue> series);

/// `t_seconds,value` lines, with or without that header; values may be NaN, Inf and negative, times
/// in any order. kMalformedData names the line that is neither empty nor two numbers.
[[nodiscard]] Result<std::vector<TimedValue>> ReadSeriesCsv(std::string_view text);

/// One series of a text in OpenMetrics' or Prometheus' format, every sample of it with a timestamp.
/// `series` is a metric's name or that with its labels as they are written. kNotFound: there is no
/// such series. kInvalidArgument: there are several. kMalformedData names the line.
[[nodiscard]] Result<std::vector<TimedValue>> ReadOpenMetrics(std::string_view text,
                                                              const std::string& series);

/// What was done to it, for people; empty: nothing but taking it.
[[nodiscard]] std::string ImportNotes(const Imported& imported);

}  // namespace hpaplus::rehearse
