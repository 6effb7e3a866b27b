#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/model/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cron = hpaplus::ParseCron(text);
  if (!cron) return 0;
  // What parses happens at some minute of some day.
  HPAPLUS_CHECK(cron->minutes != 0 && cron->minutes >> 60 == 0);
  HPAPLUS_CHECK(cron->hours != 0 && cron->hours >> 24 == 0);
  HPAPLUS_CHECK((cron->days & 1) == 0 && (cron->months & 1) == 0 && cron->months >> 13 == 0);
  HPAPLUS_CHECK(cron->weekdays != 0 && cron->weekdays >> 7 == 0);
  return 0;
}
