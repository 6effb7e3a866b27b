// Any query of a group and any answer to one, a line and the rest: no crash, what is found has the
// key that was asked for, nobody reaches another namespace, and limits hold.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/grouped_samples.h"
#include "collectors/prometheus_query.h"
#include "collectors/prometheus_reply.h"
#include "engine/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hpaplus;
  using namespace hpaplus::collectors;
  constexpr std::size_t kMaxSeries = 8;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());

  SourceSpec source;
  source.prometheus =
      PrometheusSource{.queries = PrometheusSource::Queries::kOwnGroups,
                       .groups = {{.name = "rps", .query = "q", .by = {"namespace", "app"}}}};
  MetricQuery query;
  query.ns = "shop";
  query.expression = input.substr(0, line);
  const auto question = FindGroup(source, query);
  static_cast<void>(IsPlainSelector(query.expression));
  if (question) {
    HPAPLUS_CHECK(*question && (*question)->key.starts_with("4:shop"));
  } else {
    HPAPLUS_CHECK(question.error().message.find('\n') == std::string::npos);
  }

  std::size_t numbers = 0;
  GroupedSamples samples(Timestamp{}, 0);
  const Status read = ReadPrometheusReply(
      input.substr(std::min(line + 1, input.size())), source.prometheus->groups[0].by,
      {.max_series = kMaxSeries}, [&](const ReplySeries& series) {
        if (series.is_time) {
          samples.AddTime(series.key, TimeOf(series.sample));
        } else {
          samples.Add(series.key, series.sample);
          ++numbers;
        }
        HPAPLUS_CHECK(series.is_time || !samples.Find(series.key)->values.empty());
      });
  samples.ApplyTimes();
  HPAPLUS_CHECK(numbers <= kMaxSeries && samples.size() <= 2 * kMaxSeries);
  if (question) HPAPLUS_CHECK(samples.Find((*question)->key)->values.size() <= kMaxSeries);
  if (!read) HPAPLUS_CHECK(read.error().message.find('\n') == std::string::npos);
  return 0;
}
