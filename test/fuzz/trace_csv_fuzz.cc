// Any text as a trace: no crash, and what is accepted begins at 0 and rises.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"
#include "engine/rehearse/trace.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hpaplus::rehearse::Trace;
  const auto trace = Trace::FromCsv({reinterpret_cast<const char*>(data), size});
  if (!trace) {
    HPAPLUS_CHECK(trace.error().message.find('\n') == std::string_view::npos);
    return 0;
  }
  double before = -1;
  for (const Trace::Point& point : trace->points()) {
    HPAPLUS_CHECK(point.seconds > before || (before == point.seconds && before > 0));
    HPAPLUS_CHECK(point.value >= 0 && point.value <= trace->peak());
    before = point.seconds;
  }
  HPAPLUS_CHECK(trace->points().front().seconds == 0 && trace->seconds() >= before);
  return 0;
}
