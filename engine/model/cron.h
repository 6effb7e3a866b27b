#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"

namespace hpaplus {

/// When something recurs, by the wall clock: minute, hour, day of month, month, day of week, as
/// five sets of bits. Bit n stands for the number n.
struct Cron {
  std::uint64_t minutes = 0;    // 0 .. 59
  std::uint32_t hours = 0;      // 0 .. 23
  std::uint32_t days = 0;       // 1 .. 31
  std::uint32_t months = 0;     // 1 .. 12
  std::uint32_t weekdays = 0;   // 0 .. 6, Sunday first.
  bool any_day_of_two = false;  // Both kinds of day are restricted: one that fits is enough.
  bool operator==(const Cron&) const = default;

  [[nodiscard]] bool MatchesDay(unsigned month, unsigned day, unsigned weekday) const;
};

/// Five fields between single blanks: "0 18 * * 5". A field is a comma-separated list of *, n, n-m,
/// each of the last two and * with an optional /step; in the last field 7 is Sunday too. Like
/// everywhere, two restricted day fields ("0 0 13 * 5") mean days that fit either of them. No names
/// and no seconds: there is one way to write a time. kInvalidArgument names the field.
[[nodiscard]] Result<Cron> ParseCron(std::string_view text);

}  // namespace hpaplus
