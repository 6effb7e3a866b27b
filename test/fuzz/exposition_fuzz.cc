// Expositions: no crash, nothing allocated beyond the limits, and the same samples whether series
// are expected, looked up or new.

#include <cstdint>
#include <cstring>
#include <string_view>

#include "collectors/series_table.h"
#include "engine/base/check.h"

namespace {

using hpaplus::collectors::ExpositionFormat;
using hpaplus::collectors::SeriesTable;

bool Same(const SeriesTable::Point& a, const SeriesTable::Point& b) {
  return std::memcmp(&a.value, &b.value, sizeof a.value) == 0 && a.at == b.at;
}

void Check(std::string_view body, ExpositionFormat format) {
  SeriesTable table({.series_most = 100, .kept_most = 150});
  std::vector<SeriesTable::Point> first;
  const auto read = table.Read(body, format, first);
  if (!read) {
    HPAPLUS_CHECK(first.empty());
    HPAPLUS_CHECK(read.error().message.find('\n') == std::string::npos);
  }
  for (const SeriesTable::Point& point : first) {
    const auto labels = table.LabelsOf(point.series);
    HPAPLUS_CHECK(!labels.name.empty());
  }
  std::vector<SeriesTable::Point> second;
  HPAPLUS_CHECK(table.Read(body, format, second).has_value() == read.has_value());
  HPAPLUS_CHECK(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    HPAPLUS_CHECK(Same(first[i], second[i]) && first[i].series == second[i].series);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  Check(body, ExpositionFormat::kPrometheusText);
  Check(body, ExpositionFormat::kOpenMetrics);
  return 0;
}
