#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/push/remote_write.h"

// As bytes off the wire, and as what snappy could have held: nothing is stored that was not sent,
// nothing beyond the limits is made.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hpaplus;
  constexpr std::size_t kInflatedMost = 1U << 20U;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string inflated;
  const bool is_snappy = push::InflateSnappy(bytes, kInflatedMost, inflated).has_value();
  HPAPLUS_CHECK(inflated.size() <= kInflatedMost);
  for (const std::string_view message : {bytes, std::string_view(inflated)}) {
    if (message.data() == inflated.data() && !is_snappy) continue;
    push::RemoteWriteMessage decoded;
    if (!decoded.Decode(message)) {
      HPAPLUS_CHECK(decoded.series().empty());
      continue;
    }
    std::size_t samples = decoded.histograms();
    for (const auto& series : decoded.series())
      samples += decoded.SamplesOf(series).size();
    push::MemoryBudget budget(1U << 20U);
    {
      push::SourceSamples source({.series_most = 10, .samples_per_series = 4}, budget, 1U << 20U);
      const push::PushTally tally = decoded.AppendTo(source, Timestamp());
      HPAPLUS_CHECK(tally.written + tally.late + tally.refused == samples);
      HPAPLUS_CHECK((tally.refused == 0) == tally.problem.empty());
      HPAPLUS_CHECK(source.series_count() <= 10);
    }
    HPAPLUS_CHECK(budget.used() == 0);
  }
  return 0;
}
