#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "collectors/selector_query.h"
#include "engine/base/check.h"

// A query that is taken selects, aggregates and differentiates without surprises.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hpaplus::Timestamp;
  namespace collectors = hpaplus::collectors;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto query = collectors::ParseSelectorQuery(text);
  if (!query) {
    HPAPLUS_CHECK(!query.error().message.empty());
    return 0;
  }
  HPAPLUS_CHECK(!query->Selects({}));
  HPAPLUS_CHECK(!query->rate_range || *query->rate_range > hpaplus::Duration::zero());
  const std::string_view name = text.substr(0, std::min<std::size_t>(text.size(), 64));
  const collectors::SeriesLabel labels[] = {{"__name__", query->metric}, {"a", name}};
  (void)query->Selects(labels);
  const Timestamp now(std::chrono::seconds(100));
  const auto all = Aggregate(*query, {{now, 1, 1000}, {now - std::chrono::seconds(1), 2, 2000}});
  HPAPLUS_CHECK(all.size() == (query->aggregation == collectors::Aggregation::kNone ? 2U : 1U));
  return 0;
}
