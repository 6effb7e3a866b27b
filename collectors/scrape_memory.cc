#include "collectors/scrape_memory.h"

#include <algorithm>
#include <numeric>

#include "collectors/numbers.h"
#include "engine/base/check.h"

namespace hpaplus::collectors {
namespace {

// Of all pods together. Many pods that name themselves in their series share none of them.
constexpr std::size_t kSeriesKept = 500'000;
constexpr std::size_t kSeriesBytesKept = 128U << 20U;

bool SelectsLabels(const SelectorQuery& query, const SeriesLabels& series) {
  std::vector<SeriesLabel> labels;
  labels.reserve(series.labels.size() + 1);
  labels.push_back({"__name__", series.name});
  for (const auto& [name, value] : series.labels)
    labels.push_back({name, value});
  return query.Selects(labels);
}

}  // namespace

ScrapeMemory::ScrapeMemory(std::size_t series_most)
    : table_({.series_most = series_most,
              .kept_most = std::max(2 * series_most, kSeriesKept),
              .kept_bytes_most = kSeriesBytesKept}) {}

Result<std::shared_ptr<ScrapeMemory>> ScrapeMemory::Create(const ResolvedSource& source,
                                                           const EgressPolicy* /*egress*/) {
  return std::make_shared<ScrapeMemory>(source.spec.max_series);
}

void ScrapeMemory::KeepOnly(std::string_view ns, std::span<const ScrapeTarget> targets) {
  const MutexLock lock(mutex_);
  std::erase_if(targets_, [&](const auto& known) {
    return known.first.ns == ns && !std::ranges::binary_search(targets, known.first);
  });
}

bool ScrapeMemory::HasFailed(const ScrapeTarget& target) {
  const MutexLock lock(mutex_);
  const auto found = targets_.find(target);
  return found != targets_.end() && found->second.failed;
}

void ScrapeMemory::SetFailed(const ScrapeTarget& target) {
  const MutexLock lock(mutex_);
  targets_[target].failed = true;
}

Status ScrapeMemory::Take(const ScrapeTarget& target, std::string_view body,
                          ExpositionFormat format, Timestamp now,
                          std::span<ScrapedSeries* const> queries) {
  const MutexLock lock(mutex_);
  Target& memory = targets_[target];
  memory.failed = true;
  const Status read = table_.Read(body, format, points_);
  FollowGeneration();
  if (!read) return read;
  if (points_.empty()) return Error{ErrorCode::kMalformedData, "there are no metrics"};
  memory.failed = false;
  for (ScrapedSeries* query : queries)
    TakeQuery(memory, now, *query);
  return Done{};
}

ScrapeMemory::Query& ScrapeMemory::Look(const std::string& expression) {
  auto found = queries_.find(expression);
  if (found == queries_.end()) {
    if (queries_.size() == kQueriesMost) ForgetOldestQuery();
    Result<SelectorQuery> parsed = ParseSelectorQuery(expression);
    HPAPLUS_CHECK(parsed.has_value());
    found = queries_.emplace(expression, Query{.query = *std::move(parsed), .selects = {}}).first;
    found->second.number = next_number_++;
  }
  found->second.asked = ++asked_;
  found->second.selects.resize(table_.size(), -1);
  return found->second;
}

void ScrapeMemory::ForgetOldestQuery() {
  const auto oldest =
      std::ranges::min_element(queries_, {}, [](const auto& query) { return query.second.asked; });
  const std::uint64_t number = oldest->second.number;
  queries_.erase(oldest);
  for (auto& [name, target] : targets_)
    std::erase_if(target.counters, [&](const auto& one) { return one.first.first == number; });
}

// Numbers of series that mean nothing any more.
void ScrapeMemory::FollowGeneration() {
  if (generation_ == table_.generation()) return;
  generation_ = table_.generation();
  for (auto& [expression, query] : queries_)
    query.selects.clear();
  for (auto& [name, target] : targets_)
    target.counters.clear();
}

bool ScrapeMemory::Selects(Query& query, SeriesTable::SeriesId series) {
  signed char& selects = query.selects[series];
  if (selects < 0) selects = SelectsLabels(query.query, table_.LabelsOf(series)) ? 1 : 0;
  return selects == 1;
}

void ScrapeMemory::TakeQuery(Target& target, Timestamp now, ScrapedSeries& into) {
  Query& query = Look(into.expression);
  std::vector<SeriesTable::SeriesId> selected;
  double sum = 0;
  double count = 0;
  for (const SeriesTable::Point& point : points_) {
    if (!Selects(query, point.series)) continue;
    selected.push_back(point.series);
    const std::optional<ScalarSample> sample = SampleOf(target, query, point, now);
    if (!sample) continue;
    into.series.push_back(*sample);
    sum += sample->value;
    ++count;
  }
  into.pod_sums.push_back(sum);
  into.pod_counts.push_back(count);
  if (!query.query.rate_range) return;
  std::ranges::sort(selected);
  std::erase_if(target.counters, [&](const auto& counter) {
    return counter.first.first == query.number &&
           !std::ranges::binary_search(selected, counter.first.second);
  });
}

// Nothing while a rate has seen its counter only once.
std::optional<ScalarSample> ScrapeMemory::SampleOf(Target& target, const Query& query,
                                                   const SeriesTable::Point& point, Timestamp now) {
  const Timestamp at = point.at == Timestamp() ? now : point.at;
  if (!query.query.rate_range) {
    return ScalarSample{.at = at, .value = point.value, .milli = MilliFromDouble(point.value)};
  }
  ScrapedCounter& counter = target.counters[{query.number, point.series}];
  counter.Add(at, point.value, *query.query.rate_range);
  return RateOf(counter.points(), *query.query.rate_range, now);
}

}  // namespace hpaplus::collectors
